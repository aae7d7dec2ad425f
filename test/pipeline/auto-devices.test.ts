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
import { resolveModel } from "../../src/model/catalog.ts";
import { manifestPathOf } from "../../src/model/manifest.ts";
import type { PipelineOptions } from "../../src/pipeline/options.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { CALIBRATION_FORMAT, type Calibration } from "../../src/schedule/calibration.ts";
import { candidate } from "../schedule/sample-calibration.ts";

const ROOT = mkdtempSync(join(tmpdir(), "aip-auto-"));
const before = process.env["AIP_CACHE_DIR"];
const ATTEMPTS_MAX = 5;
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

/** Runs until a calibration is stored: on a busy machine a quick look may find too little time. */
async function calibrate(
  options: PipelineOptions = {},
): Promise<{ devices: string[]; notes: string[] }> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await run(options);
    if (existsSync(join(folder, "calibrations")) || attempt === ATTEMPTS_MAX) return answer;
  }
}

const stored = (): string[] => {
  const path = join(folder, "calibrations");
  return readdirSync(path).map((name) => join(path, name));
};

/** Changes the stored calibration as another program might. */
function change(edit: (calibration: Calibration) => unknown): void {
  const [path = ""] = stored();
  writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, "utf8")))));
}

const CALIBRATING = /calibrating demo for this machine once/;

describe("--device auto", () => {
  test("calibrates once, saying so, and stores it marked as quick", async () => {
    const first = await calibrate();
    expect(first.notes.filter((note) => CALIBRATING.test(note))).toHaveLength(1);
    const [path = "", ...others] = stored();
    expect(others).toEqual([]);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
      quick: true,
      format: CALIBRATION_FORMAT,
    });
    const second = await run();
    expect(second.notes.filter((note) => CALIBRATING.test(note))).toEqual([]);
  });

  test("runs on what the stored calibration chose", async () => {
    await calibrate();
    change((calibration) => ({
      ...calibration,
      goal: "latency",
      chosen: { throughput: "cpu:threads=1:replicas=1", latency: "cpu:threads=2:replicas=1" },
      candidates: [
        candidate("cpu:threads=1:replicas=1", { fps: [50, 1] }),
        candidate("cpu:threads=2:replicas=1", { fps: [40, 1] }),
      ],
    }));
    const { devices } = await run();
    expect(devices).toEqual([expect.stringMatching(/^cpu-0: .*, 2 threads$/)]);
  });

  test("notes that a stored calibration was made on a busy machine", async () => {
    await calibrate();
    change((calibration) => ({ ...calibration, quick: false, noise: 0.6 }));
    expect((await run()).notes.join("\n")).toContain("was made on a busy machine");
    change((calibration) => ({ ...calibration, noise: 0.1 }));
    expect((await run()).notes.join("\n")).not.toContain("busy machine");
  });

  test("gives calls as many frames as were chosen", async () => {
    const model = join(ROOT, "demo-any.onnx");
    const demo = resolveModel("demo").path;
    writeFileSync(model, withBatch(readFileSync(demo), null));
    copyFileSync(manifestPathOf(demo), join(ROOT, "demo-any.json"));
    await calibrate({ model });
    // Four frames take a CPU four times as long: without a calibration it would be given two.
    const devices = "cpu:threads=1:batch=4:replicas=1";
    const chosen = candidate(devices, { fps: [100, 1], ms: [40, 1], batch: 4 });
    const instances = chosen.instances.map((one) => ({ ...one, batch_cost: 1 }));
    change((calibration) => ({
      ...calibration,
      chosen: { throughput: devices, latency: devices },
      candidates: [{ ...chosen, instances }],
    }));
    const pipeline = new Pipeline({ sources: "demo:size=64x64:frames=60", model });
    const [device] = (await pipeline.run()).devices;
    expect(device?.frames).toBe(60);
    expect(device?.frames_per_call).toBeGreaterThan(2);
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
    await calibrate();
    const [path = ""] = stored();
    writeFileSync(path, edit(readFileSync(path, "utf8")));
    const { notes } = await run();
    await calibrate();
    const said = notes.find((note) => CALIBRATING.test(note));
    expect(said).toContain(reason);
    expect(said).toContain("is ignored");
    expect((await run()).notes.find((note) => CALIBRATING.test(note))).toBeUndefined();
  });

  test("goes on where the calibration cannot be stored, and says so", async () => {
    writeFileSync(join(folder, "calibrations"), "in the way");
    const { notes, devices } = await run();
    expect(devices.length).toBeGreaterThan(0);
    expect(notes.join("\n")).toContain("the calibration is not stored");
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
