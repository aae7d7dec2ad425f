import { describe, expect, test } from "bun:test";
import { parseDevices } from "../../src/backend/device-spec.ts";
import { planDevices } from "../../src/backend/plan.ts";
import { type CalibrateOptions, calibrate } from "../../src/calibration/calibrate.ts";
import { closeFd, createPipe } from "../../src/native/library.ts";
import type { Calibration } from "../../src/schedule/calibration.ts";
import { parseCalibration } from "../../src/schedule/calibration-schema.ts";
import { openSource } from "../../src/source/open.ts";
import { fakeMachine } from "../backend/fake-machine.ts";
import { sampleKey } from "../schedule/sample-calibration.ts";

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

/** Rate of a candidate as a share of what its simulated devices can do. */
function share({ candidates }: Calibration, devices: string, boundFps: number): number {
  const found = candidates.find((candidate) => candidate.devices === devices);
  return (found?.throughput_fps.mean ?? 0) / boundFps;
}

describe("calibrate()", () => {
  test("simulated devices alone and together give the rates of their times", async () => {
    const calibration = await run("sim:20ms,sim:50ms");
    // 1000/20 and 1000/50; both sleep, so neither slows the other. A busy machine wakes them late.
    for (const [devices, boundFps] of [
      ["sim:20ms:replicas=1", 50],
      ["sim:50ms:replicas=1", 20],
      ["sim:20ms:replicas=1,sim:50ms:replicas=1", 70],
    ] as const) {
      expect(share(calibration, devices, boundFps)).toBeGreaterThan(0.5);
      expect(share(calibration, devices, boundFps)).toBeLessThan(1.1);
    }
    expect(calibration.chosen.throughput).toBe("sim:20ms:replicas=1,sim:50ms:replicas=1");
    // What was measured can be stored and read again.
    expect(parseCalibration(JSON.stringify(calibration))).toEqual(calibration);
  });

  test("chooses calls of several frames on a device that gains by them", async () => {
    const { chosen, candidates } = await run("sim:20ms:batch=4:batch-cost=0.3");
    const device = (batch: number): string => `sim:20ms:batch=${batch}:batch-cost=0.3:replicas=1`;
    expect(chosen).toEqual({ throughput: device(4), latency: device(1) });
    const four = candidates.find(({ devices }) => devices === device(4));
    // 4 frames in 20·(1 + 3·0.3) = 38 ms: 105 a second. A busy machine wakes devices late.
    expect(four?.throughput_fps.mean).toBeGreaterThan(0.5 * 105);
    expect(four?.throughput_fps.mean).toBeLessThan(1.1 * 105);
    expect(four?.instances).toMatchObject([{ batch: 4, batch_cost: 0.3 }]);
    expect(four?.latency_ms.p50).toBeGreaterThan(37);
  });

  test("chooses single frames on a device that does not gain", async () => {
    const { chosen, candidates } = await run("sim:20ms:batch=8:batch-cost=1");
    const device = "sim:20ms:batch=1:batch-cost=1:replicas=1";
    expect(chosen).toEqual({ throughput: device, latency: device });
    expect(candidates.length).toBeGreaterThan(1);
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
    const { candidates, left_out: leftOut } = await run("sim:2ms:fail=0.05:seed=1", { seconds: 1 });
    expect(leftOut).toEqual([]);
    const [one] = candidates;
    expect(one?.failed_share).toBeGreaterThan(0);
    expect(one?.failed_share).toBeLessThan(0.1);
  });

  test("a device that fails more than one frame in ten is left out, with the share", async () => {
    const { left_out: leftOut } = await run("sim:5ms,sim:2ms:fail=0.3:seed=1");
    expect(leftOut).toEqual([
      {
        devices: "sim:2ms:fail=0.3:seed=1:replicas=1",
        reason: expect.stringMatching(/^[123]\d % of its frames failed: /),
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
