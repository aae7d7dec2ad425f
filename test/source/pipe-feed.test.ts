import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { SlotHeader, Status } from "../../src/layout/layout.gen.ts";
import { planeLayout } from "../../src/layout/planes.ts";
import { addressOf, closeFd, createPipe } from "../../src/native/library.ts";
import { openFeed } from "../../src/source/feed.ts";
import { openSource } from "../../src/source/open.ts";
import { ffmpeg, hasFfmpeg, MediaFolder, testPicture } from "./media.ts";

// Every test starts several processes; a busy machine takes its time.
setDefaultTimeout(60_000);

const H264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p"];
const PERSON = join(import.meta.dir, "../../../shared/videos/one-by-one-person-detection.mp4");
const pipes = { createPipe, closeFd };
const UNTOUCHED = 0xa5;

interface ReadOptions {
  readonly every: number;
  readonly first?: number;
  readonly pixelFormat?: "bgr24";
}

interface Read {
  readonly timesMs: number[];
  /** Frames that came with pixels, by number. */
  readonly pictures: Map<number, Buffer>;
  readonly error: string | null;
}

/** Reads a file as an ingest worker does; the slot is wiped before every frame. */
async function readFile(path: string, options: ReadOptions): Promise<Read> {
  const { every, first = 0, pixelFormat } = options;
  const source = await openSource(path, { pipes, every, ...(pixelFormat && { pixelFormat }) });
  if (first > 0) source.startAt?.(first);
  const segment = await source.open();
  if (segment?.kind !== "pipe") throw new Error("There is no pipe to read");
  const { sizeBytes } = planeLayout(segment.geometry);
  const arena = new SharedArrayBuffer(SlotHeader.sizeBytes + sizeBytes + 4);
  const pixels = new Uint8Array(arena, SlotHeader.sizeBytes, sizeBytes);
  const untouched = Buffer.alloc(sizeBytes, UNTOUCHED);
  const address = addressOf(new Uint8Array(arena));
  const stop = addressOf(new Uint32Array(arena, 0, 1));
  const feed = openFeed(segment, { arena, arenaAddress: address, stopAddress: stop });
  const timesMs: number[] = [];
  const pictures = new Map<number, Buffer>();
  for (;;) {
    pixels.fill(UNTOUCHED);
    const status = feed.fill(address);
    if (status === Status.end) break;
    expect(status).toBe(Status.ok);
    expect(feed.isBare).toBe(untouched.equals(pixels));
    if (!untouched.equals(pixels)) pictures.set(timesMs.length, Buffer.from(pixels));
    timesMs.push(feed.timeMs());
  }
  const result = { frames: timesMs.length, partialBytes: feed.partialBytes };
  feed.close();
  const error = await source.finish(result);
  await source.close();
  return { timesMs, pictures, error: error?.message ?? null };
}

/** Every frame of a file, as ffmpeg alone decodes it. */
function decoded(path: string, sizeBytes: number, pixelFormat = "yuv420p"): Buffer[] {
  const args = ["-i", path, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixelFormat];
  const bytes = Buffer.from(ffmpeg(...args, "-"));
  return Array.from({ length: bytes.length / sizeBytes }, (_, frame) =>
    bytes.subarray(frame * sizeBytes, (frame + 1) * sizeBytes),
  );
}

function multiples(of: number, count: number): number[] {
  return Array.from({ length: Math.ceil(count / of) }, (_, index) => index * of);
}

describe.skipIf(!hasFfmpeg)("PipeFeed", () => {
  let media: MediaFolder;
  beforeAll(() => {
    media = new MediaFolder();
  });
  afterAll(() => media.remove());

  test.each([1, 2, 7, 25, 49, 50, 51, 400])(
    "gives the pixels of every %i-th frame and the times of all",
    async (every) => {
      const path = media.make(`b-${every}.mp4`, ...testPicture(160, 120, 2), ...H264, "-bf", "3");
      const { timesMs, pictures, error } = await readFile(path, { every });
      expect(error).toBeNull();
      expect(timesMs).toEqual(Array.from({ length: 50 }, (_, frame) => frame * 40));
      expect([...pictures.keys()]).toEqual(multiples(every, 50));
      const all = decoded(path, 160 * 120 * 1.5);
      for (const [frame, picture] of pictures) expect(picture).toEqual(all[frame] as Buffer);
    },
  );

  test("goes on in the middle with the first frame asked for, whatever its number", async () => {
    const path = media.make("resumed.mp4", ...testPicture(160, 120, 2), ...H264);
    const { timesMs, pictures } = await readFile(path, { every: 10, first: 23 });
    expect(timesMs).toEqual(Array.from({ length: 50 }, (_, frame) => frame * 40));
    expect([...pictures.keys()]).toEqual([23, 30, 40]);
    const all = decoded(path, 160 * 120 * 1.5);
    for (const [frame, picture] of pictures) expect(picture).toEqual(all[frame] as Buffer);
  });

  test("gives them in any pixel format, which is framed otherwise", async () => {
    const path = media.make("rgb.mp4", ...testPicture(160, 120, 0.48), ...H264);
    const { timesMs, pictures } = await readFile(path, { every: 5, pixelFormat: "bgr24" });
    expect(timesMs).toHaveLength(12);
    expect([...pictures.keys()]).toEqual([0, 5, 10]);
    const all = decoded(path, 160 * 120 * 3, "bgr24");
    for (const [frame, picture] of pictures) expect(picture).toEqual(all[frame] as Buffer);
  });

  test("keeps the times of a variable frame rate, also of frames without pixels", async () => {
    const path = media.make(
      "vfr.mp4",
      ...testPicture(160, 120, 1, 30),
      ...["-vf", "select='lt(n,10)+not(mod(n,3))'", "-fps_mode", "vfr", "-bf", "2"],
      ...H264,
    );
    const kept = Array.from({ length: 30 }, (_, n) => n).filter((n) => n < 10 || n % 3 === 0);
    const { timesMs } = await readFile(path, { every: 4 });
    expect(timesMs).toHaveLength(kept.length);
    for (const [index, frame] of kept.entries()) {
      expect(timesMs[index]).toBeCloseTo((frame * 1000) / 30, 1);
    }
  });

  test.skipIf(!existsSync(PERSON))(
    `accounts for every frame of the person video${existsSync(PERSON) ? "" : " (skipped: no ../shared)"}`,
    async () => {
      const { timesMs, pictures, error } = await readFile(PERSON, { every: 15 });
      expect(error).toBeNull();
      expect(timesMs).toEqual(Array.from({ length: 1394 }, (_, frame) => frame * 100));
      expect([...pictures.keys()]).toEqual(multiples(15, 1394));
    },
  );
});
