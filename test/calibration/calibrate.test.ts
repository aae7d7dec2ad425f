import { describe, expect, test } from "bun:test";
import { parseDevices } from "../../src/backend/device-spec.ts";
import { planDevices } from "../../src/backend/plan.ts";
import {
  type CalibrateOptions,
  type CalibrationRig,
  calibrate,
} from "../../src/calibration/calibrate.ts";
import { closeFd, createPipe } from "../../src/native/library.ts";
import type { Calibration } from "../../src/schedule/calibration.ts";
import { parseCalibration } from "../../src/schedule/calibration-schema.ts";
import { openSource } from "../../src/source/open.ts";
import { fakeMachine } from "../backend/fake-machine.ts";
import { sampleKey } from "../schedule/sample-calibration.ts";
import { fakeTrials } from "./fake-devices.ts";

const machine = fakeMachine(2);

/** Calibrates simulated devices, on real workers. */
function run(devices: string, options: Partial<CalibrateOptions> = {}): Promise<Calibration> {
  return calibrate({
    devices: parseDevices(devices),
    plan: (text) => planDevices(parseDevices(text), { machine, model: null }).instances,
    key: sampleKey,
    lone: [],
    geometry: {
      width: 64,
      height: 64,
      pixelFormat: "yuv420p",
      colorMatrix: "bt601",
      colorRange: "limited",
    },
    openSource: null,
    goal: "throughput",
    seconds: 0.1,
    ...options,
  });
}

/** Measures nothing: every call of a device takes as long as its text says, wherever it runs. */
function exactRig(): CalibrationRig {
  const nothing = async (): Promise<void> => undefined;
  const callMs = (device: string): number => {
    const ofOption = (pattern: RegExp): number => Number(pattern.exec(device)?.[1] ?? 1);
    const [ms, batch, cost] = [/^sim:(\d+)ms/, /batch=(\d+)/, /batch-cost=([\d.]+)/].map(ofOption);
    return (ms as number) * (1 + ((batch as number) - 1) * (cost as number));
  };
  return {
    ...{ open: nothing, release: nothing, close: nothing, warmCalls: () => [] },
    trial: async (combination) =>
      fakeTrials(combination, (device) => ({ aloneMs: callMs(device), sharedMs: 0 })),
  };
}

/** Calibrates devices whose every call takes its time exactly. */
function runExact(devices: string): Promise<Calibration> {
  return run(devices, { makeRig: exactRig });
}

/** Rates of the candidates by their devices. */
function rates({ candidates }: Calibration): Map<string, number> {
  return new Map(candidates.map(({ devices, throughput_fps }) => [devices, throughput_fps.mean]));
}

describe("calibrate()", () => {
  test("chooses devices together where each adds its rate", async () => {
    const calibration = await runExact("sim:20ms,sim:50ms");
    const [quick, slow] = ["sim:20ms:replicas=1", "sim:50ms:replicas=1"];
    // 1000/20 and 1000/50.
    const expected = new Map([
      [quick, 50],
      [slow, 20],
      [`${quick},${slow}`, 70],
    ]);
    const found = rates(calibration);
    expect([...found.keys()]).toEqual([...expected.keys()]);
    for (const [devices, fps] of expected) expect(found.get(devices)).toBeCloseTo(fps, 9);
    expect(calibration.chosen.throughput).toBe(`${quick},${slow}`);
  });

  test("chooses calls of several frames on a device that gains by them", async () => {
    const calibration = await runExact("sim:20ms:batch=4:batch-cost=0.3");
    const device = (batch: number): string => `sim:20ms:batch=${batch}:batch-cost=0.3:replicas=1`;
    expect(calibration.chosen).toEqual({ throughput: device(4), latency: device(1) });
    // 4 frames in 20·(1 + 3·0.3) = 38 ms.
    expect(rates(calibration).get(device(4))).toBeCloseTo(4000 / 38, 9);
  });

  test("chooses single frames on a device that does not gain", async () => {
    const { chosen, candidates } = await runExact("sim:20ms:batch=8:batch-cost=1");
    const device = "sim:20ms:batch=1:batch-cost=1:replicas=1";
    expect(chosen).toEqual({ throughput: device, latency: device });
    expect(candidates.length).toBeGreaterThan(1);
  });

  test("real workers are no quicker than their devices, alone, together and in calls", async () => {
    // They sleep, so neither slows the other; a busy machine wakes them late.
    const two = await run("sim:20ms,sim:50ms");
    expect([...rates(two).keys()]).toEqual([
      "sim:20ms:replicas=1",
      "sim:50ms:replicas=1",
      "sim:20ms:replicas=1,sim:50ms:replicas=1",
    ]);
    for (const [index, boundsFps] of [[50], [20], [50, 20]].entries()) {
      const instances = two.candidates[index]?.instances ?? [];
      expect(instances).toHaveLength(boundsFps.length);
      for (const [place, { throughput_fps: fps }] of instances.entries()) {
        expect(fps).toBeGreaterThan(0);
        // What a wait oversleeps is taken off the next one, and a trial has six at least.
        expect(fps).toBeLessThan(1.5 * (boundsFps[place] as number));
      }
    }
    const batched = await run("sim:20ms:batch=4:batch-cost=0.3");
    const four = batched.candidates.find(({ devices }) => devices.includes("batch=4"));
    expect(four?.instances).toMatchObject([{ batch: 4, batch_cost: 0.3 }]);
    // The time of a call of 38 ms, not of one of its frames.
    expect(four?.instances[0]?.service_ms.mean).toBeGreaterThan(30);
    // What was measured can be stored and read again.
    expect(parseCalibration(JSON.stringify(two))).toEqual(two);
  });

  test("devices that die, hang or fail are left out, each with its reason", async () => {
    const { left_out: leftOut, chosen } = await run(
      "sim:5ms,sim:5ms:die-at=4,sim:5ms:hang-at=3,sim:5ms:fail=1",
    );
    const reasons = new Map(leftOut.map(({ devices, reason }) => [devices, reason]));
    expect(reasons.get("sim:5ms:die-at=4:replicas=1")).toContain("died at frame 4");
    expect(reasons.get("sim:5ms:hang-at=3:replicas=1")).toContain("gave no answer");
    expect(reasons.get("sim:5ms:fail=1:replicas=1")).toContain("100 % of its frames failed");
    expect(chosen).toEqual({ throughput: "sim:5ms:replicas=1", latency: "sim:5ms:replicas=1" });
  });

  test("frames that fail are no throughput; their share is told", async () => {
    // Seeded: 1 frame in 20 fails, at once.
    const { candidates, left_out: leftOut } = await run("sim:2ms:fail=0.05:seed=38", {
      seconds: 1,
    });
    expect(leftOut).toEqual([]);
    const [one] = candidates;
    expect(one?.failed_share).toBeGreaterThan(0);
    expect(one?.failed_share).toBeLessThan(0.5);
  });

  test("a device that fails more than one frame in ten is left out, with the share", async () => {
    const { left_out: leftOut } = await run("sim:5ms,sim:2ms:fail=0.3:seed=1");
    expect(leftOut).toEqual([
      {
        devices: "sim:2ms:fail=0.3:seed=1:replicas=1",
        // How many it was asked for is the machine's business.
        reason: expect.stringMatching(/^[1-9]\d % of its frames failed: /),
      },
    ]);
  });

  test("fails where no device is left, naming every reason", async () => {
    await expect(run("sim:5ms:die-at=1,sim:7ms:die-at=1")).rejects.toMatchObject({
      code: "calibration-failed",
      message: expect.stringMatching(/sim:5ms.*died.*sim:7ms.*died/),
    });
  });

  test("an aborted signal ends it, with nothing to store", async () => {
    const abort = new AbortController();
    const running = run("sim:20ms", { seconds: 600, signal: abort.signal });
    setTimeout(() => abort.abort(), 100);
    await expect(running).rejects.toMatchObject({ code: "interrupted" });
  });

  test("decodes beside: a frame for each one answered, and its cost", async () => {
    const source = "demo:size=64x64:frames=30";
    const openDemo = () => openSource(source, { pipes: { createPipe, closeFd } });
    const { decode, candidates } = await run("sim:10ms", { openSource: openDemo });
    expect(decode).toMatchObject({ width: 64, height: 64 });
    expect(decode?.cpu_ms).toBeGreaterThan(0);
    expect(decode?.cpu_ms_per_megapixel).toBeCloseTo((decode?.cpu_ms ?? 0) * (1e6 / 4096), 6);
    expect(candidates.every(({ decoding }) => decoding)).toBe(true);
  });

  test("a source that cannot be read is named", async () => {
    const openMissing = () => openSource("no-such.mp4", { pipes: { createPipe, closeFd } });
    await expect(run("sim:10ms", { openSource: openMissing })).rejects.toMatchObject({
      message: expect.stringContaining("no-such.mp4"),
    });
  });
});
