import { expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditReport } from "../../src/metrics/report.ts";
import { resolveModel } from "../../src/model/catalog.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Frame } from "../../src/types.ts";
import { answersOf, scripted } from "./cascade.ts";

test("a reference model that goes while a cascade runs ends the run, and says which", async () => {
  const folder = mkdtempSync(join(tmpdir(), "aip-gone-"));
  const model = join(folder, "reference.onnx");
  const built = resolveModel("demo").path;
  copyFileSync(built, model);
  copyFileSync(built.replace(/onnx$/, "json"), model.replace(/onnx$/, "json"));
  const frames: Frame[] = [];
  await using pipeline = new Pipeline({
    sources: "demo:size=320x180",
    frames: 3000,
    fps: 600,
    devices: `sim:2ms:model=${model}:die-at=30`,
    audit: 0,
    cascade: scripted("iuuaa"),
  });
  pipeline.events.once("started", () => rmSync(folder, { recursive: true }));
  const loop = async (): Promise<void> => {
    for await (const frame of pipeline) frames.push(frame);
  };
  const error = await loop().catch((reason: unknown) => reason);
  expect(error).toBe(pipeline.error);
  expect((error as Error).message).toContain(`Cannot open model "${model}": No such file`);
  const report = pipeline.report();
  expect(report.end).toBe("failed");
  expect(auditReport(report)).toEqual([]);
  // What it could answer has left; nobody has the answer of a frame that has none.
  const letters = answersOf(frames).toLowerCase();
  expect(letters).toStartWith("irrssirrss");
  expect(letters).not.toContain("xr");
}, 60_000);
