import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAnswers } from "../../src/find/answers.ts";

const QUESTION = { classes: ["person"], confidence: 0.5, region: null };
const BOX = { class_id: 0, label: "person", confidence: 0.9, xyxy: [1, 2, 3, 4] };

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-answers-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Frames 40 ms apart that show the object from frame 2 on; frame 3 got no answer. */
function fileOf(name: string, frames: readonly number[]): string {
  const path = join(folder, name);
  const lines = frames.map((frame) => {
    const answer = { status: "ok", answer: frame % 2 === 0 ? "inferred" : "reused" };
    const said = frame === 3 ? { status: "failed" } : { ...answer, present: frame >= 2 };
    const place = { source: "door", frame, time_ms: 40 * frame, width: 64, height: 48 };
    return `${JSON.stringify({ ...place, ...said, detections: frame === 4 ? [BOX] : [] })}\n`;
  });
  writeFileSync(path, lines.join(""));
  return path;
}

test("readAnswers() takes a frame without an answer for the one before it", async () => {
  const path = fileOf("whole.ndjson", [0, 1, 2, 3, 4]);
  const { sightings, ...answers } = await readAnswers(path, QUESTION);
  expect(sightings.bestIn({ first: 2, last: 4 })).toMatchObject({ frame: 4, timeMs: 160 });
  expect(answers).toEqual({
    present: Uint8Array.of(0, 0, 1, 1, 1),
    timesMs: Float64Array.of(0, 40, 80, 120, 160),
    fps: 25,
    frames: 5,
    size: { width: 64, height: 48 },
    unanswered: 1,
    levels: { inferred: 3, reused: 1, specialized: 0 },
  });
});

test.each([
  ["missing", [0, 1, 3], "frame 3 stands where frame 2 should"],
  ["missing at the start", [1, 2], "frame 1 stands where frame 0 should"],
  ["there twice", [0, 1, 1], "frame 1 stands where frame 2 should"],
] as const)("readAnswers() refuses a file in which a frame is %s", (_, frames, reason) => {
  const path = fileOf("torn.ndjson", frames);
  const message = `Cannot use the answers in "${path}": ${reason}; remove it and search again`;
  expect(readAnswers(path, QUESTION)).rejects.toThrow(message);
});
