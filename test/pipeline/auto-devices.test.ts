import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withBatch } from "../../bench/batched-model.ts";
import type { DeviceInstance } from "../../src/backend/backend.ts";
import { discoverMachine } from "../../src/backend/discover.ts";
import { calibrationKey } from "../../src/calibration/key.ts";
import { storeCalibration } from "../../src/calibration/store.ts";
import { runDefaults } from "../../src/config/run-config.ts";
import { resolveModel } from "../../src/model/catalog.ts";
import { manifestPathOf } from "../../src/model-path.ts";
import { loadModel } from "../../src/pipeline/load-model.ts";
import type { PipelineOptions } from "../../src/pipeline/options.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { CALIBRATION_FORMAT, type Calibration } from "../../src/schedule/calibration.ts";
import { candidate, sampleCalibration } from "../schedule/sample-calibration.ts";

const ROOT = mkdtempSync(join(tmpdir(), "aip-auto-"));
const before = process.env["AIP_CACHE_DIR"];
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(ROOT, "cache-"));
  process.env["AIP_CACHE_DIR"] = folder;
});

afterAll(() => {
  process.env["AIP_CACHE_DIR"] = before;
  rmSync(ROOT, { recursive: true, force: true });
});

/** Runs a few frames of the demo; the devices it ran on, and what it said. */
async function run(options: PipelineOptions = {}): Promise<{ devices: string[]; notes: string[] }> {
  const notes: string[] = [];
  const pipeline = new Pipeline({ sources: "demo:size=64x64:frames=3", ...options });
  pipeline.events.on("note", (note) => notes.push(note));
  const { devices } = await pipeline.run();
  return { devices: devices.map(({ id, description }) => `${id}: ${description}`), notes };
}

/** Stores a calibration of this machine and model, as a run would find it. */
async function store(changes: Partial<Calibration> = {}, model = "demo"): Promise<string> {
  const { spec } = loadModel(model, runDefaults);
  const key = calibrationKey(discoverMachine(), spec);
  const devices = "cpu:threads=1:replicas=1";
  const calibration = {
    ...{ key, quick: true, chosen: { throughput: devices, latency: devices } },
    ...{ candidates: [candidate(devices, { fps: [50, 1] })], ...changes },
  };
  return await storeCalibration(sampleCalibration(calibration), spec.name);
}

const CALIBRATING = /calibrating demo for this machine once/;

describe("--device auto", () => {
  test("calibrates once, saying so, and stores it marked as quick", async () => {
    const first = await run();
    expect(first.notes.filter((note) => CALIBRATING.test(note))).toHaveLength(1);
    if (!existsSync(join(folder, "calibrations"))) {
      // A busy machine may give a quick look too little time; then nothing is kept of it.
      expect(first.notes.join("\n")).toContain("demo could not be measured in 3 s");
      return;
    }
    const [path = "", ...others] = readdirSync(join(folder, "calibrations"));
    expect(others).toEqual([]);
    const stored = JSON.parse(readFileSync(join(folder, "calibrations", path), "utf8"));
    expect(stored).toMatchObject({ quick: true, format: CALIBRATION_FORMAT });
    const second = await run();
    expect(second.notes.filter((note) => CALIBRATING.test(note))).toEqual([]);
  });

  test("runs on what the stored calibration chose, without another", async () => {
    await store({
      goal: "latency",
      chosen: { throughput: "cpu:threads=1:replicas=1", latency: "cpu:threads=2:replicas=1" },
      candidates: [
        candidate("cpu:threads=1:replicas=1", { fps: [50, 1] }),
        candidate("cpu:threads=2:replicas=1", { fps: [40, 1] }),
      ],
    });
    const { devices, notes } = await run();
    expect(devices).toEqual([expect.stringMatching(/^cpu-0: .*, 2 threads$/)]);
    expect(notes.filter((note) => CALIBRATING.test(note))).toEqual([]);
  });

  test("notes that a stored calibration was made on a busy machine", async () => {
    await store({ quick: false, noise: 0.6 });
    expect((await run()).notes.join("\n")).toContain("was made on a busy machine");
    await store({ quick: false, noise: 0.1 });
    expect((await run()).notes.join("\n")).not.toContain("busy machine");
  });

  test("gives calls as many frames as were chosen", async () => {
    const model = join(ROOT, "demo-any.onnx");
    const demo = resolveModel("demo").path;
    writeFileSync(model, withBatch(readFileSync(demo), null));
    copyFileSync(manifestPathOf(demo), join(ROOT, "demo-any.json"));
    // Four frames take a CPU four times as long: without a calibration it would be given fewer.
    const devices = "cpu:threads=1:batch=4:replicas=1";
    const chosen = candidate(devices, { fps: [100, 1], ms: [40, 1], batch: 4 });
    const instances = chosen.instances.map((one) => ({ ...one, batch_cost: 1 }));
    const choice = { throughput: devices, latency: devices };
    await store({ chosen: choice, candidates: [{ ...chosen, instances }] }, model);
    const pipeline = new Pipeline({ sources: "demo:size=64x64:frames=60", model });
    let planned: readonly DeviceInstance[] = [];
    pipeline.events.once("prepared", (info) => {
      planned = info.devices;
    });
    const [device, ...others] = (await pipeline.run()).devices;
    expect(device?.frames).toBe(60);
    expect(others).toEqual([]);
    // Two calls of four frames each must fit the goal, with a quarter to spare.
    expect(planned).toMatchObject([{ expectedMs: 10, goalFrames: 2 * 4 * 1.25 }]);
    expect(planned[0]?.task.batch).toBe(4);
  });

  test.each([
    ["cut short", (text: string) => text.slice(0, 100), "cannot be used: it is no JSON"],
    [
      "of another machine",
      (text: string) => text.replace(/"cores": \d+/, '"cores": 999'),
      "another machine",
    ],
    [
      "of another version",
      (text: string) => text.replace(/"aip": "[^"]*"/, '"aip": "0.0.0"'),
      "another version (aip 0.0.0",
    ],
  ])("ignores one that is %s, says so and measures anew", async (_, edit, reason) => {
    const path = await store();
    writeFileSync(path, edit(readFileSync(path, "utf8")));
    const { notes } = await run();
    const said = notes.find((note) => CALIBRATING.test(note));
    expect(said).toContain(reason);
    expect(said).toContain("is ignored");
  });

  test("goes on where the calibration cannot be stored, and says so", async () => {
    writeFileSync(join(folder, "calibrations"), "in the way");
    const { notes, devices } = await run();
    expect(devices.length).toBeGreaterThan(0);
    // A busy machine may give a quick look too little time, and leave nothing to store.
    expect(notes.join("\n")).toMatch(/the calibration is not stored|could not be measured in 3 s/);
  });

  test("stopped while it calibrates: nothing is stored", async () => {
    const abort = new AbortController();
    const pipeline = new Pipeline({ sources: "demo:size=64x64:frames=3", signal: abort.signal });
    pipeline.events.on("note", (note) => {
      if (CALIBRATING.test(note)) abort.abort();
    });
    expect(await pipeline.run()).toMatchObject({ end: "interrupted" });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("devices that are named are not calibrated", async () => {
    const { notes } = await run({ devices: "cpu:threads=1:replicas=1" });
    expect(notes.filter((note) => CALIBRATING.test(note))).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
