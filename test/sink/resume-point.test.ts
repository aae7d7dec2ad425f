import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findResumePoints } from "../../src/sink/resume-point.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-resume-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const line = (source: string, frame: number, pad = ""): string =>
  `${JSON.stringify({ source, frame, time_ms: frame * 40, status: "ok", detections: [], pad })}\n`;

function file(text: string): string {
  const path = join(folder, `${crypto.randomUUID()}.ndjson`);
  writeFileSync(path, text);
  return path;
}

const findPoints = (path: string): ReturnType<typeof findResumePoints> =>
  findResumePoints(path, ["a", "b"]);

describe("findResumePoints()", () => {
  test("each source goes on after its own last frame", async () => {
    const text = [line("a", 0), line("b", 0), line("a", 1), line("a", 2)].join("");
    const points = await findPoints(file(text));
    expect([...points].map(([name, { nextFrame }]) => [name, nextFrame])).toEqual([
      ["a", 3],
      ["b", 1],
    ]);
  });

  test.each([
    ["half a line", line("a", 1).slice(0, 20)],
    ["a whole line but for its line feed", line("a", 1).slice(0, -1)],
    ["a line longer than a block", line("a", 1, "x".repeat(200_000)).slice(0, -1)],
  ])("cuts %s off", async (_, torn) => {
    const path = file(line("a", 0) + torn);
    expect((await findPoints(path)).get("a")?.nextFrame).toBe(1);
    expect(readFileSync(path, "utf8")).toBe(line("a", 0));
  });

  test("a file of nothing but the beginning of a result is emptied", async () => {
    for (const torn of ['{"source":"a"', "{"]) {
      const path = file(torn);
      expect((await findPoints(path)).size).toBe(0);
      expect(readFileSync(path, "utf8")).toBe("");
    }
  });

  test.each([
    ["a video", "\0\0\0 ftypisom\0\0\x02\0\n\0\0mdat", "it does not hold results"],
    ["text without a line feed", "no newline at all", "it does not hold results"],
    ["results and something else", `${line("a", 0)}note`, "it does not hold results"],
    ["results with a gap, the last one torn", `${line("a", 1)}{"sou`, "stands where frame 0"],
    ["results of another source, the last one torn", `${line("c", 0)}{"sou`, 'results of "c"'],
  ])("a refused file stays as it is: %s", async (_, text, reason) => {
    const path = file(text);
    await expect(findPoints(path)).rejects.toThrow(reason);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("a missing file holds nothing", async () => {
    expect((await findPoints(join(folder, "none.ndjson"))).size).toBe(0);
  });

  test("a clock goes on through the time since the file was written", async () => {
    const path = file(line("a", 0) + line("a", 1));
    const writtenMs = Date.now() - 3_600_000;
    utimesSync(path, writtenMs / 1000, writtenMs / 1000);
    const elapsedMs = (await findPoints(path)).get("a")?.elapsedMs ?? 0;
    // The last frame's time, and what has passed since: an hour, and what the test has taken.
    expect(elapsedMs).toBeGreaterThanOrEqual(40 + 3_600_000 - 1);
    expect(elapsedMs).toBeLessThanOrEqual(40 + Date.now() - writtenMs + 1);
  });

  test.each([
    ["a gap", line("a", 0) + line("a", 2), 'frame 2 of "a" stands where frame 1 should'],
    ["a repeat", line("a", 0) + line("a", 0), 'frame 0 of "a" stands where frame 1 should'],
    ["a late start", line("a", 7), 'frame 7 of "a" stands where frame 0 should'],
    ["something else", "hello\n", "line 1 of"],
  ])("refuses a file with %s", async (_, text, reason) => {
    await expect(findPoints(file(text))).rejects.toThrow(reason);
  });
});
