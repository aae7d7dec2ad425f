import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Question } from "../../src/cascade/types.ts";
import { readLabels } from "../../src/learning/reference-labels.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-labels-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const QUESTION: Question = { classes: ["person"], confidence: 0.5, region: [0, 0.5, 1, 1] };

function write(name: string, lines: readonly object[]): string {
  const path = join(folder, name);
  const common = { source: "a", time_ms: 0, width: 100, height: 100, status: "ok" };
  const text = lines.map((line) => `${JSON.stringify({ ...common, ...line })}\n`).join("");
  writeFileSync(path, text);
  return path;
}

const box = (label: string, confidence: number, top: number, more: object = {}) => ({
  class_id: 0,
  label,
  confidence,
  xyxy: [10, top, 20, top + 20],
  ...more,
});

test("readLabels() asks results for class, confidence and the place of the centre", async () => {
  const path = write("results.ndjson", [
    { frame: 0, detections: [box("person", 0.9, 60)] },
    { frame: 1, detections: [box("person", 0.4, 60)] },
    { frame: 2, detections: [box("car", 0.9, 60)] },
    { frame: 3, detections: [box("person", 0.9, 20)] },
    // Its centre lies on the edge.
    { frame: 4, detections: [box("person", 0.5, 40)] },
    { frame: 5, status: "failed", error: "no answer", detections: [] },
  ]);
  expect([...(await readLabels(path, QUESTION, 7))]).toEqual([1, 0, 0, 0, 1, 2, 2]);
});

test("readLabels() ignores frames of ground truth where only objects are that do not count", async () => {
  const path = write("truth.ndjson", [
    { frame: 0, detections: [box("person", 1, 60, { ignored: true })] },
    {
      frame: 1,
      detections: [
        box("person", 1, 60, { ignored: true }),
        box("person", 1, 70, { ignored: false }),
      ],
    },
    { frame: 2, detections: [box("person", 1, 10, { ignored: true })] },
    { frame: 9, detections: [] },
  ]);
  expect([...(await readLabels(path, QUESTION, 3))]).toEqual([2, 1, 0]);
});

test("readLabels() names a line that is no label, and a file that is not there", async () => {
  const path = join(folder, "broken.ndjson");
  writeFileSync(path, '{"frame":0}\n');
  expect(readLabels(path, QUESTION, 1)).rejects.toThrow(`line 1 of "${path}"`);
  const absent = join(folder, "absent.ndjson");
  expect(readLabels(absent, QUESTION, 1)).rejects.toThrow(`Cannot read "${absent}"`);
});
