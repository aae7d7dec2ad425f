import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { auditReport } from "../../src/metrics/report.ts";
import { aipProcess } from "../cli/process.ts";
import { COMPARE, hasShared, NANO, referencePath, VIDEOS, videoPath } from "./shared.ts";
import { upTo, Workspace } from "./workspace.ts";

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

/** Both have objects here: the first second of either video is empty. */
const FRAME_COUNT = 120;
/** Antialiased pictures make a model surer; over the first person alone by more than over many. */
const SCALED_FRAME_COUNT = 300;

const hasPython = Bun.which("python3") !== null;
if (!hasPython) console.warn("skipped: python3, which compares with the reference, is missing");

const { stdout } = hasShared ? await aipProcess(["devices", "--json"]) : { stdout: "{}" };
const { devices = [] } = JSON.parse(stdout) as { devices?: { kind: string; available: boolean }[] };
const hasGpu = devices.some(({ kind, available }) => kind === "gpu" && available);
if (hasShared && !hasGpu) console.warn("skipped: no GPU, not even one in software");

interface Excerpt {
  readonly first: number;
  readonly count: number;
}

/** Some frames of a video, without loss, and the reference for them. */
function makeExcerpt(
  video: string,
  { first, count }: Excerpt,
): { path: string; reference: string } {
  const path = workspace.file(`${video}.mkv`);
  const filter = `trim=start_frame=${first}:end_frame=${first + count},setpts=PTS-STARTPTS`;
  const command = ["ffmpeg", "-v", "error", "-y", "-i", videoPath(video), "-vf", filter];
  const { exitCode } = Bun.spawnSync([...command, "-c:v", "ffv1", path]);
  expect(exitCode).toBe(0);
  const lines = readFileSync(referencePath(video), "utf8").trimEnd().split("\n");
  const rows = lines.map((line) => JSON.parse(line) as { frame: number });
  const chosen = rows.filter(({ frame }) => frame >= first && frame < first + count);
  const moved = chosen.map((row) => JSON.stringify({ ...row, frame: row.frame - first }));
  const reference = workspace.file(`${video}.ndjson`);
  writeFileSync(reference, `${moved.join("\n")}\n`);
  return { path, reference };
}

/** Runs the model, and checks that every frame is there once, in order, and that all adds up. */
async function detect(line: string, frameCount: number): Promise<void> {
  const files = "--output out.ndjson --report report.json --quiet";
  const { code, stderr } = await workspace.run(`${line} --model ${NANO} ${files}`);
  expect(stderr).not.toContain("aip: ");
  expect(code).toBe(0);
  expect(Object.values(await workspace.frames("out.ndjson"))).toEqual([upTo(frameCount)]);
  const report = await workspace.report("report.json");
  expect(auditReport(report)).toEqual([]);
  expect(report.frames).toEqual({
    received: frameCount,
    emitted: frameCount,
    dropped: 0,
    failed: 0,
  });
  expect(report.in_order).toBe(true);
  for (const { frames } of report.devices) expect(frames).toBeGreaterThan(0);
}

/** The verdict of the reference's own comparison. */
function verdict(reference: string, ...options: readonly string[]): string {
  const command = ["python3", COMPARE, reference, workspace.file("out.ndjson"), ...options];
  const words = Bun.spawnSync(command).stdout.toString().trim().split("\n").at(-1) ?? "";
  return words.split(";")[0] ?? "";
}

describe.skipIf(!hasShared || !hasPython)("aip run agrees with the reference", () => {
  const first = ["--first", String(FRAME_COUNT)];

  test.each(VIDEOS)("on the CPU: %s", async (video) => {
    await detect(`${videoPath(video)} --device cpu --frames ${FRAME_COUNT}`, FRAME_COUNT);
    expect(verdict(referencePath(video), ...first)).toBe("agree");
  });

  test.each(VIDEOS)("by the way of bgr24, to the limits of the same resize: %s", async (video) => {
    const options = `--device cpu --pixel-format bgr24 --frames ${FRAME_COUNT}`;
    await detect(`${videoPath(video)} ${options}`, FRAME_COUNT);
    expect(verdict(referencePath(video), ...first, "--same-resize")).toBe("agree");
  });

  test.each(VIDEOS)("from frames that arrive scaled: %s", async (video) => {
    const options = `--device cpu --ingest scaled --frames ${SCALED_FRAME_COUNT}`;
    await detect(`${videoPath(video)} ${options}`, SCALED_FRAME_COUNT);
    const compared = ["--first", String(SCALED_FRAME_COUNT)];
    expect(verdict(referencePath(video), ...compared)).toBe("agree");
    const [source] = (await workspace.report("report.json")).sources;
    expect(source).toMatchObject({ width: 768, height: 432, ingest: "scaled 768x432 → 416x233" });
  });

  // A software GPU takes a second a frame: a few frames with several people in them must do.
  test.skipIf(!hasGpu).each([
    ["gpu", { first: 90, count: 6 }],
    ["cpu,gpu", { first: 80, count: 40 }],
  ])("on devices %s", async (device, excerpt) => {
    const { path, reference } = makeExcerpt("one-by-one-person-detection", excerpt);
    await detect(`${path} --device ${device}`, excerpt.count);
    expect(verdict(reference)).toBe("agree");
  });

  test("frames with red and blue swapped would not agree", async () => {
    const excerpt = { first: 80, count: 40 };
    const { path, reference } = makeExcerpt("one-by-one-person-detection", excerpt);
    const swapped = workspace.file("swapped.mkv");
    const command = [
      "ffmpeg",
      "-v",
      "error",
      "-i",
      path,
      "-vf",
      "colorchannelmixer=0:0:1:0:0:1:0:0:1:0:0:0",
    ];
    expect(Bun.spawnSync([...command, "-c:v", "ffv1", swapped]).exitCode).toBe(0);
    await detect(`${swapped} --device cpu`, excerpt.count);
    expect(verdict(reference)).toBe("DIFFER");
  });
});
