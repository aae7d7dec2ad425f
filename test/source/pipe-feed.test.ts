import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { decodedBy, multiples, readFrames } from "./frame-reader.ts";
import { hasFfmpeg, MediaFolder, testPicture } from "./media.ts";

// Every test starts several processes; a busy machine takes its time.
setDefaultTimeout(60_000);

/** Every frame rests on the one before, so all have to be decoded. */
const H264 = ["-c:v", "libx264", "-bf", "0", "-pix_fmt", "yuv420p"];
const PERSON = join(import.meta.dir, "../../../shared/videos/one-by-one-person-detection.mp4");
describe.skipIf(!hasFfmpeg)("PipeFeed", () => {
  let media: MediaFolder;
  beforeAll(() => {
    media = new MediaFolder();
  });
  afterAll(() => media.remove());

  test.each([1, 2, 7, 25, 49, 50, 51, 400])(
    "gives the pixels of every %i-th frame and the times of all",
    async (every) => {
      const path = media.make(`every-${every}.mp4`, ...testPicture(160, 120, 2), ...H264);
      const { timesMs, pictures, error, isThinned } = await readFrames(path, { every });
      expect(isThinned).toBe(false);
      expect(error).toBeNull();
      expect(timesMs).toEqual(Array.from({ length: 50 }, (_, frame) => frame * 40));
      expect([...pictures.keys()]).toEqual(multiples(every, 50));
      const all = decodedBy(path, 160 * 120 * 1.5);
      for (const [frame, picture] of pictures) expect(picture).toEqual(all[frame] as Buffer);
    },
  );

  test("goes on in the middle with the first frame asked for, whatever its number", async () => {
    const path = media.make("resumed.mp4", ...testPicture(160, 120, 2), ...H264);
    const { timesMs, pictures } = await readFrames(path, { every: 10, first: 23 });
    expect(timesMs).toEqual(Array.from({ length: 50 }, (_, frame) => frame * 40));
    expect([...pictures.keys()]).toEqual([23, 30, 40]);
    const all = decodedBy(path, 160 * 120 * 1.5);
    for (const [frame, picture] of pictures) expect(picture).toEqual(all[frame] as Buffer);
  });

  test("gives them in any pixel format, which is framed otherwise", async () => {
    const path = media.make("rgb.mp4", ...testPicture(160, 120, 0.48), ...H264);
    const { timesMs, pictures } = await readFrames(path, { every: 5, pixelFormat: "bgr24" });
    expect(timesMs).toHaveLength(12);
    expect([...pictures.keys()]).toEqual([0, 5, 10]);
    const all = decodedBy(path, 160 * 120 * 3, "bgr24");
    for (const [frame, picture] of pictures) expect(picture).toEqual(all[frame] as Buffer);
  });

  test("keeps the times of a variable frame rate, also of frames without pixels", async () => {
    const path = media.make(
      "vfr.mp4",
      ...testPicture(160, 120, 1, 30),
      ...["-vf", "select='lt(n,10)+not(mod(n,3))'", "-fps_mode", "vfr"],
      ...["-c:v", "mpeg4", "-bf", "2", "-pix_fmt", "yuv420p"],
    );
    const kept = Array.from({ length: 30 }, (_, n) => n).filter((n) => n < 10 || n % 3 === 0);
    const { timesMs } = await readFrames(path, { every: 4 });
    expect(timesMs).toHaveLength(kept.length);
    for (const [index, frame] of kept.entries()) {
      expect(timesMs[index]).toBeCloseTo((frame * 1000) / 30, 1);
    }
  });

  test.skipIf(!existsSync(PERSON))(
    `accounts for every frame of the person video${existsSync(PERSON) ? "" : " (skipped: no ../shared)"}`,
    async () => {
      const { timesMs, pictures, error } = await readFrames(PERSON, { every: 15 });
      expect(error).toBeNull();
      expect(timesMs).toEqual(Array.from({ length: 1394 }, (_, frame) => frame * 100));
      expect([...pictures.keys()]).toEqual(multiples(15, 1394));
    },
  );
});
