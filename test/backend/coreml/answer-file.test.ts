import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAnswer, writeAnswer } from "../../../src/backend/coreml/answer-file.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "aip-answer-"));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

describe("writeAnswer()", () => {
  test.each([
    ["a tensor", [1, 2, 3], [1, 2, 3, 4, 5, 0.5]],
    ["rows of detections", [], [1, 2, 3, 4, 0.5, 0]],
    ["no detections", [], []],
  ])("keeps %s as readAnswer() reads it, and nothing else", async (_, shape, values) => {
    const path = join(FOLDER, "answer.f32");
    await writeAnswer(path, { shape, values: Float32Array.from(values) });
    expect(await readAnswer(path)).toEqual({ shape, values: Float32Array.from(values) });
    expect(readdirSync(FOLDER)).toEqual(["answer.f32"]);
  });
});
