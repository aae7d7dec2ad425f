/** What holds for Apple's own Core ML as for the one of the tests: the demo detector, as committed. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { DoctorReport } from "../../src/doctor/report.ts";
import { auditReport } from "../../src/metrics/report.ts";
import { hasCoreMl, hasStandIn, STAND_IN, unlessBuilt } from "../backend/coreml/stand-in.ts";
import { aipProcess } from "../cli/process.ts";
import { upTo, Workspace } from "./workspace.ts";

setDefaultTimeout(300_000);

const MODELS = join(import.meta.dir, "../../models");
const FRAME_COUNT = 40;

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());
const ENVIRONMENT = {
  ...(hasStandIn && { AIP_LIBRARY: STAND_IN }),
  AIP_CACHE_DIR: workspace.file("cache"),
};

/** Boxes of at least this confidence that a run of the model gives, over all frames. */
async function boxCount(model: string, name: string, device = "cpu"): Promise<number> {
  const files = `--output ${name}.ndjson --report ${name}.json --quiet`;
  const words = `demo:frames=${FRAME_COUNT} --model ${join(MODELS, model)} --device ${device} ${files}`;
  const { code, stderr } = await workspace.run(words, ENVIRONMENT);
  expect(stderr).not.toContain("aip: ");
  expect(code).toBe(0);
  expect(Object.values(await workspace.frames(`${name}.ndjson`))).toEqual([upTo(FRAME_COUNT)]);
  expect(auditReport(await workspace.report(`${name}.json`))).toEqual([]);
  const lines = (await Bun.file(workspace.file(`${name}.ndjson`)).text()).trimEnd().split("\n");
  const found = lines.map((line) => JSON.parse(line) as { detections: { confidence: number }[] });
  return found.flatMap(({ detections }) => detections.filter((one) => one.confidence >= 0.5))
    .length;
}

describe.skipIf(!hasCoreMl)(`the demo detector on Core ML's CPU${unlessBuilt}`, () => {
  test("aip doctor --model demo.mlpackage finds that the CPU is what it says", async () => {
    const words = [
      "--model",
      join(MODELS, "demo.mlpackage"),
      "--device",
      "cpu",
      "--seconds",
      "0.5",
    ];
    const { code, stdout } = await aipProcess(["doctor", "--json", ...words], { env: ENVIRONMENT });
    const { units } = JSON.parse(stdout) as DoctorReport;
    expect(units.map(({ kind, verdict }) => [kind, verdict.status])).toEqual([["cpu", "ok"]]);
    expect(code).toBe(0);
  });

  test("aip run finds about as many objects as ONNX Runtime does", async () => {
    const expected = await boxCount("demo.onnx", "onnx");
    expect(expected).toBeGreaterThan(FRAME_COUNT);
    const found = await boxCount("demo.mlpackage", "coreml");
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(0.02 * expected);
    // Four pictures in one call of Core ML's.
    expect(await boxCount("demo.mlpackage", "batch", "cpu:batch=4:replicas=1")).toBe(found);
    const { devices } = await workspace.report("batch.json");
    expect(devices.map(({ frames_per_call: frames }) => frames).every((n) => (n ?? 1) > 1)).toBe(
      true,
    );
  });
});
