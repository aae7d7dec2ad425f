import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { withBatch } from "../../bench/batched-model.ts";
import { auditReport } from "../../src/metrics/report.ts";
import { resolveModel } from "../../src/model/catalog.ts";
import { manifestPathOf } from "../../src/model-path.ts";
import { parseCalibration } from "../../src/schedule/calibration-schema.ts";
import { aipProcess } from "../cli/process.ts";
import { hasShared, NANO, videoPath } from "./shared.ts";
import { upTo, Workspace } from "./workspace.ts";

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const DEMO = resolveModel("demo").path;

/** Not a multiple of the batches, so that the last call is not full. */
const FRAME_COUNT = 51;

/** Writes the model for batches into the workspace, with its manifest, and returns its name. */
function batched(model: string, batch: number | null): string {
  const name = `${basename(model, ".onnx")}-${batch ?? "any"}`;
  writeFileSync(workspace.file(`${name}.onnx`), withBatch(readFileSync(model), batch));
  if (model === DEMO) copyFileSync(manifestPathOf(DEMO), workspace.file(`${name}.json`));
  return `${name}.onnx`;
}

/** What was found in every frame, after checking that all of them left once and in order. */
async function found(line: string): Promise<unknown[]> {
  const files = "--output o.ndjson --report o.json --quiet";
  const { code, stderr } = await workspace.run(`${line} --frames ${FRAME_COUNT} ${files}`);
  expect(stderr).not.toContain("aip: ");
  expect(code).toBe(0);
  const report = await workspace.report("o.json");
  expect(auditReport(report)).toEqual([]);
  expect(report.frames.emitted).toBe(FRAME_COUNT);
  expect(Object.values(await workspace.frames("o.ndjson"))).toEqual([upTo(FRAME_COUNT)]);
  const lines = (await workspace.lines("o.ndjson")) as unknown as { detections: unknown }[];
  return lines.map(({ detections }) => detections);
}

const devices = ["cpu:replicas=1:batch=4", "cpu:replicas=2:batch=3", "cpu:replicas=1"];

describe("aip run with batches finds what single runs find", () => {
  test("in the demo's scene, by a model of any number and by models of three", async () => {
    const single = await found("demo --device cpu:replicas=1");
    expect(single.flat().length).toBeGreaterThan(FRAME_COUNT);
    const any = batched(DEMO, null);
    for (const device of devices) {
      expect(await found(`demo --model ${any} --device ${device}`)).toEqual(single);
    }
    const three = batched(DEMO, 3);
    expect(await found(`demo --model ${three} --device cpu:replicas=1`)).toEqual(single);
  }, 60_000);

  test.skipIf(!hasShared)(
    "on the car video, by YOLOX-Nano",
    async () => {
      const video = videoPath("car-detection");
      const single = await found(`${video} --model ${NANO} --device cpu:replicas=2`);
      const any = batched(NANO, null);
      const device = "cpu:replicas=2:batch=4";
      expect(await found(`${video} --model ${any} --device ${device}`)).toEqual(single);
    },
    60_000,
  );

  test("and refuses more than the model takes", async () => {
    const { code, stderr } = await workspace.run("demo --device cpu:batch=2 --frames 1");
    expect(code).toBe(2);
    expect(stderr).toContain('Device "cpu:batch=2" has batch 2, but model');
  });
});

test("aip calibrate measures a model of four frames in calls of four", async () => {
  const model = batched(DEMO, 4);
  const flags = "--device cpu --threads 1 --seconds 0.1 --output c.json --quiet";
  const words = ["calibrate", model, ...flags.split(" ")];
  const { code, stdout, stderr } = await aipProcess(words, { cwd: workspace.path });
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^throughput {2}cpu:threads=1:batch=4:replicas=\d: /m);
  const stored = parseCalibration(readFileSync(workspace.file("c.json"), "utf8"));
  const instances = stored.candidates.flatMap((candidate) => candidate.instances);
  expect(instances.every(({ batch }) => batch === 4)).toBe(true);
  for (const { service_ms: service, throughput_fps: fps } of instances) {
    // Calls follow one another at once: four frames in each call's time. Calls counted as frames
    // would be a quarter of that, and times of frames for those of calls four times as much. A
    // machine that is held up in one trial of several raises the mean rate over the mean time's.
    expect(fps / (4000 / service.mean)).toBeGreaterThan(0.5);
    expect(fps / (4000 / service.mean)).toBeLessThan(3.5);
  }
});

describe("aip run on a simulated device with batches", () => {
  test.each([
    ["that fails calls", "sim:1ms:batch=4:batch-cost=0.1:fail=0.1"],
    ["that dies", "sim:2ms:batch=4,sim:2ms:batch=3:die-at=50"],
    ["that hangs", "sim:2ms:batch=4:batch-cost=0,sim:2ms:batch=8:hang-at=40"],
  ])("%s accounts for every frame", async (_, device) => {
    const files = "--output o.ndjson --report o.json --quiet";
    const { code } = await workspace.run(`demo:frames=400 --device ${device} ${files}`);
    expect(code).toBe(0);
    const report = await workspace.report("o.json");
    expect(auditReport(report)).toEqual([]);
    const { received, emitted, failed } = report.frames;
    expect({ received, all: emitted + failed }).toEqual({ received: 400, all: 400 });
    expect(await workspace.frames("o.ndjson")).toEqual({ demo: upTo(400) });
    // One bad device in two costs no frame.
    if (device.includes(",")) expect(failed).toBe(0);
  });
});
