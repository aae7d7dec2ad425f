import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clipLimitMs, clipName, writeClip } from "../../src/find/clips.ts";
import { clockText } from "../../src/find/clock-text.ts";
import type { RgbPicture } from "../../src/find/digits.ts";
import { pictureAt } from "../../src/find/ffmpeg-pixels.ts";
import { gridFor, writeSheet } from "../../src/find/sheet.ts";
import { findEncoder } from "../../src/sink/encoder.ts";
import { probe } from "../../src/source/probe.ts";
import { runTool } from "../../src/source/tool.ts";
import { probeVideo } from "../../src/source/video.ts";
import type { PictureSize } from "../../src/types.ts";

const TIMEOUT_MS = 60_000;
const ENDLESS = new AbortController().signal;
const SIZE = { width: 320, height: 180 };

let folder = "";
let video = "";
/** Red for a second, then blue for a second, 10 frames each. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aip-sheet-"));
  video = join(folder, "two.mp4");
  const color = (name: string): string[] => [
    ...["-f", "lavfi", "-i", `color=${name}:size=320x180:rate=10:duration=1`],
  ];
  const both = ["-filter_complex", "[0:v][1:v]concat=n=2:v=1:a=0"];
  await runTool("ffmpeg", [...color("red"), ...color("blue"), ...both, video], TIMEOUT_MS);
}, TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true }));

const interval = (startMs: number, endMs: number) => ({
  first: startMs / 100,
  last: endMs / 100 - 1,
  startMs,
  endMs,
  sighting: null,
});

async function readSheet(path: string, size: PictureSize): Promise<RgbPicture> {
  // ffmpeg does not seek in a JPEG file, but in a video of it.
  const readable = `${path}.mkv`;
  await runTool("ffmpeg", ["-i", path, "-c", "copy", readable], TIMEOUT_MS);
  return await pictureAt(readable, 0, size, ENDLESS);
}

/** Mean red, green and blue of a part of a picture. */
function meanColor(
  { width, pixels }: { readonly width: number; readonly pixels: Uint8Array },
  [x1, y1, x2, y2]: readonly [number, number, number, number],
): readonly [red: number, green: number, blue: number] {
  const mean = (channel: number): number => {
    let sum = 0;
    for (let y = y1; y < y2; y += 1) {
      for (let x = x1; x < x2; x += 1) sum += pixels[3 * (y * width + x) + channel] ?? 0;
    }
    return sum / ((x2 - x1) * (y2 - y1));
  };
  return [mean(0), mean(1), mean(2)];
}

test(
  "writeSheet() shows the middle of intervals nobody looked at, in order, the time below",
  async () => {
    const path = join(folder, "sheet.jpg");
    const intervals = [interval(1200, 1800), interval(200, 800)];
    expect(await writeSheet(path, [{ path: video, size: SIZE, intervals }], ENDLESS)).toBe(2);
    const sheet = await readSheet(path, { width: 646, height: 204 });
    const [blueTile, redTile] = [
      meanColor(sheet, [10, 10, 310, 170]),
      meanColor(sheet, [336, 10, 636, 170]),
    ];
    expect(blueTile[2]).toBeGreaterThan(200);
    expect(blueTile[0]).toBeLessThan(60);
    expect(redTile[0]).toBeGreaterThan(200);
    expect(redTile[2]).toBeLessThan(60);
    // White digits on black.
    const [caption] = meanColor(sheet, [0, 182, 320, 204]);
    expect(caption).toBeGreaterThan(10);
    expect(caption).toBeLessThan(120);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "writeSheet() shows the frame that was seen best, to the frame, with its boxes to scale",
  async () => {
    const path = join(folder, "seen.jpg");
    // The last red frame; the middle is blue. Boxes are measured in a picture of twice the size.
    const xyxy = [200, 120, 400, 280] as const;
    const boxes = [{ classId: 1, label: "person", confidence: 0.9, xyxy }];
    const sighting = { frame: 9, timeMs: 900.4, confidence: 0.9, boxes };
    const intervals = [{ ...interval(200, 1900), sighting }];
    const size = { width: 640, height: 360 };
    expect(await writeSheet(path, [{ path: video, size, intervals }], ENDLESS)).toBe(1);
    const sheet = await readSheet(path, { width: 320, height: 204 });
    for (const edge of [
      [100, 80, 101, 130],
      [199, 80, 200, 130],
      [120, 139, 180, 140],
    ] as const) {
      // Class 1 is drawn in green.
      expect(meanColor(sheet, edge)[1]).toBeGreaterThan(120);
    }
    for (const red of [
      [110, 70, 190, 130],
      [10, 10, 90, 170],
      [210, 10, 310, 170],
      [110, 150, 190, 170],
    ] as const) {
      expect(meanColor(sheet, red)[0]).toBeGreaterThan(200);
      expect(meanColor(sheet, red)[1]).toBeLessThan(30);
    }
  },
  TIMEOUT_MS,
);

test(
  "writeClip() cuts an interval to the frame",
  async () => {
    const options = { encoder: await findEncoder(), signal: new AbortController().signal };
    const source = { path: video, name: "two", startMs: 0 };
    const path = await writeClip(join(folder, "clips"), source, interval(700, 1300), options);
    expect(path).toEndWith("clips/two-0.00.00.700-0.00.01.300.mp4");
    expect(await probe([path])).toMatchObject({ width: 320, height: 180, frameCount: 6 });
    const size = { width: 2, height: 2 };
    expect((await pictureAt(path, 0, size, ENDLESS)).pixels[0]).toBeGreaterThan(200);
    expect((await pictureAt(path, 400, size, ENDLESS)).pixels[0]).toBeLessThan(60);
  },
  TIMEOUT_MS,
);

test(
  "writeClip() takes all frames of an interval and no other, at rates that no ms divides",
  async () => {
    // Each frame's grey tells its number; sound begins half a second before the first.
    const [grey, path] = [join(folder, "grey.mp4"), join(folder, "late.mkv")];
    const pictures = "color=black:size=64x48:rate=15:duration=2,format=gray,geq=lum=16+7*N";
    await runTool("ffmpeg", ["-f", "lavfi", "-i", pictures, grey], TIMEOUT_MS);
    const sound = ["-f", "lavfi", "-i", "sine=duration=2.5"];
    const late = ["-itsoffset", "0.5", "-i", grey, ...sound, "-c:v", "copy", path];
    await runTool("ffmpeg", late, TIMEOUT_MS);
    const { startMs = 0 } = await probeVideo(path);
    expect(startMs).toBeWithin(490, 510);
    const options = { encoder: await findEncoder(), signal: ENDLESS };
    const source = { path, name: "late", startMs };
    for (const [first, last] of [
      [0, 2],
      [8, 12],
      [10, 19],
      [26, 29],
    ] as const) {
      // As answers tell them.
      const timeMs = (frame: number): number => Number(((1000 * frame) / 15).toFixed(3));
      const asked = { first, last, startMs: timeMs(first), endMs: timeMs(last + 1) };
      const clip = await writeClip(join(folder, "exact"), source, asked, options);
      expect(await probe([clip])).toMatchObject({ frameCount: last - first + 1 });
      const { pixels } = await pictureAt(clip, 0, { width: 2, height: 2 }, ENDLESS);
      expect(Math.round(((pixels[0] as number) * 219) / 255 / 7)).toBe(first);
    }
  },
  TIMEOUT_MS,
);

test(
  "writeClip() leaves a video that is searched as it is",
  async () => {
    const encoder = await findEncoder();
    const clips = join(folder, "own");
    const asked = interval(0, 500);
    const input = join(clips, clipName("two", asked));
    mkdirSync(clips);
    await Bun.write(input, "a video that is searched");
    const options = { encoder, signal: ENDLESS, searched: new Set([realpathSync(input)]) };
    const source = { path: video, name: "two", startMs: 0 };
    const refused = writeClip(clips, source, asked, options);
    expect(refused).rejects.toThrow("it is one of the videos searched; name another folder");
    await refused.catch(() => null);
    expect(await Bun.file(input).text()).toBe("a video that is searched");
    expect(readdirSync(clips)).toHaveLength(1);
  },
  TIMEOUT_MS,
);

test(
  "writeClip() hands out no clip of another interval, nor of another video of that name",
  async () => {
    const options = { encoder: await findEncoder(), signal: ENDLESS };
    const clips = join(folder, "again");
    const source = { path: video, name: "two", startMs: 0 };
    const long = await writeClip(clips, source, interval(700, 1300), options);
    const short = await writeClip(clips, source, interval(700, 900), options);
    const near = { ...interval(700, 900), startMs: 733 };
    const late = await writeClip(clips, source, near, options);
    expect(new Set([long, short, late]).size).toBe(3);
    expect(await probe([long])).toMatchObject({ frameCount: 6 });
    expect(await probe([short])).toMatchObject({ frameCount: 2 });
    // Blue alone: what a red and blue clip of the same name must give way to.
    const other = { path: join(folder, "blue.mp4"), name: "two", startMs: 0 };
    const color = ["-f", "lavfi", "-i", "color=blue:size=320x180:rate=10:duration=2"];
    await runTool("ffmpeg", [...color, other.path], TIMEOUT_MS);
    expect(await writeClip(clips, other, interval(700, 1300), options)).toBe(long);
    const [red] = meanColor(await pictureAt(long, 0, SIZE, ENDLESS), [0, 0, 320, 180]);
    expect(red).toBeLessThan(60);
    expect(readdirSync(clips)).toHaveLength(3);
  },
  TIMEOUT_MS,
);

test("writeClip() cuts intervals of any length that end between two milliseconds", async () => {
  const options = { encoder: await findEncoder(), signal: ENDLESS };
  const long = { ...interval(0, 2000), endMs: 2033.37 };
  const path = await writeClip(
    join(folder, "long"),
    { path: video, name: "two", startMs: 0 },
    long,
    options,
  );
  expect(await probe([path])).toMatchObject({ frameCount: 20 });
  // A day of 24 hours, whose limit is what 32 bits hold.
  expect(clipLimitMs(86_400_000)).toBe(2_147_483_647);
});

test("writeSheet() leaves nothing where it is interrupted or cannot write", async () => {
  const videos = [{ path: video, size: SIZE, intervals: [interval(200, 800)] }];
  const before = readdirSync(folder);
  const path = join(folder, "none.jpg");
  const writing = writeSheet(path, videos, AbortSignal.abort());
  expect(writing).rejects.toMatchObject({ code: "interrupted" });
  await writing.catch(() => undefined);
  const taken = join(folder, "taken.jpg");
  mkdirSync(taken);
  const failing = writeSheet(taken, videos, ENDLESS);
  expect(failing).rejects.toThrow(/^Cannot write ".*taken\.jpg": /);
  await failing.catch(() => undefined);
  rmdirSync(taken);
  expect(readdirSync(folder)).toEqual(before);
});

test("writeClip() names what cannot be cut, and leaves no part of it", async () => {
  const options = { encoder: await findEncoder(), signal: new AbortController().signal };
  const clips = join(folder, "none");
  const cutting = writeClip(
    clips,
    { path: "absent.mp4", name: "x", startMs: 0 },
    interval(0, 100),
    options,
  );
  expect(cutting).rejects.toThrow(
    /^Cannot write ".*x-0.00.00.000-0.00.00.100.mp4": .*No such file/,
  );
  await cutting.catch(() => undefined);
  expect(readdirSync(clips)).toEqual([]);
});

test("gridFor() is about as wide as high, and at most six wide", () => {
  expect(gridFor(0)).toEqual({ columns: 1, rows: 1 });
  expect(gridFor(5)).toEqual({ columns: 3, rows: 2 });
  expect(gridFor(240)).toEqual({ columns: 6, rows: 40 });
});

test("clockText() tells tenths of a second, clipName() thousandths, rounded", () => {
  expect(clockText(0)).toBe("0:00:00.0");
  expect(clockText(4_354_049)).toBe("1:12:34.0");
  expect(clockText(59_960)).toBe("0:01:00.0");
  const name = clipName("door", { startMs: 754_033.4, endMs: 3_599_999.6 });
  expect(name).toBe("door-0.12.34.033-1.00.00.000.mp4");
});
