import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pipeline } from "../../src/pipeline/pipeline.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-odd-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

// Pictures whose bytes are no multiple of 4, or whose sides are odd.
test.each([
  ["638x358", "mkv"],
  ["321x241", "mkv"],
  ["33x31", "png"],
])("a %s picture in %s runs like any other", async (size, extension) => {
  const path = join(folder, `${size}.${extension}`);
  const count = extension === "png" ? 1 : 5;
  const made = Bun.spawnSync([
    ...["ffmpeg", "-v", "error", "-f", "lavfi", "-i", `testsrc=size=${size}`],
    ...["-frames:v", String(count), "-pix_fmt", extension === "png" ? "rgb24" : "yuv420p"],
    ...[...(extension === "mkv" ? ["-c:v", "ffv1"] : []), path],
  ]);
  expect(made.stderr.toString()).toBe("");
  const pipeline = new Pipeline({ sources: path, devices: "sim:0ms" });
  const sizes = [];
  for await (const frame of pipeline) sizes.push(`${frame.width}x${frame.height} ${frame.status}`);
  expect(sizes).toEqual(new Array(count).fill(`${size} ok`));
});
