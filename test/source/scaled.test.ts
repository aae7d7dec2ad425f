import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { openSource } from "../../src/source/open.ts";
import { deliveredGeometry } from "../../src/source/scaled.ts";
import { ffmpeg, hasFfmpeg, MediaFolder, testPicture } from "./media.ts";
import { pipes } from "./pipes.ts";
import { readSource } from "./segment-reader.ts";

setDefaultTimeout(60_000);

const H264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p"];

describe.skipIf(!hasFfmpeg)("scaleTo()", () => {
  let media: MediaFolder;
  beforeAll(() => {
    media = new MediaFolder();
  });
  afterAll(() => media.remove());

  test("delivers the pictures that ffmpeg alone scales, at the same times", async () => {
    const path = media.make("clip.mp4", ...testPicture(640, 360, 1), ...H264, "-bf", "2");
    const source = await openSource(path, { pipes });
    source.scaleTo?.({ width: 160, height: 89 });
    expect(source.info.geometry).toMatchObject({ width: 640, height: 360 });
    expect(source.info.geometry.sourceSize).toBeUndefined();
    expect(deliveredGeometry(source.info)).toMatchObject({
      ...{ width: 160, height: 89 },
      sourceSize: { width: 640, height: 360 },
    });
    const { segments, errors } = await readSource(source);
    expect(errors).toEqual([null]);
    const filter = ["-vf", "scale=160:89:flags=area"];
    const alone = ffmpeg("-i", path, ...filter, "-pix_fmt", "yuv420p", "-f", "rawvideo", "-");
    expect(Buffer.concat(segments[0]?.pictures ?? [])).toEqual(Buffer.from(alone));
    expect(segments[0]?.timesMs).toEqual(Array.from({ length: 25 }, (_, index) => index * 40));
  });

  test("stays exact in rgb24", async () => {
    const path = media.make("exact.mp4", ...testPicture(640, 360, 0.2), ...H264);
    const source = await openSource(path, { pipes, pixelFormat: "rgb24" });
    source.scaleTo?.({ width: 160, height: 90 });
    const { segments } = await readSource(source);
    const filter = ["-vf", "scale=160:90:flags=area+accurate_rnd+full_chroma_int"];
    const alone = ffmpeg("-i", path, ...filter, "-pix_fmt", "rgb24", "-f", "rawvideo", "-");
    expect(Buffer.concat(segments[0]?.pictures ?? [])).toEqual(Buffer.from(alone));
  });

  test("may be asked twice, and the last size counts", async () => {
    const path = media.make("twice.mp4", ...testPicture(640, 360, 0.2), ...H264);
    const source = await openSource(path, { pipes });
    source.scaleTo?.({ width: 100, height: 56 });
    source.scaleTo?.({ width: 160, height: 90 });
    expect(source.info.description).toBe("h264 640×360 → 160×90");
    const { segments } = await readSource(source);
    expect(segments[0]).toMatchObject({ frames: 5, partialBytes: 0 });
    expect(segments[0]?.pictures[0]?.length).toBe(160 * 90 * 1.5);
  });

  test("a size change in mid-stream does not shift the raw stream", async () => {
    const small = media.make("small.ts", ...testPicture(320, 240, 1), ...H264);
    const large = media.make("large.ts", ...testPicture(640, 480, 1), ...H264);
    const both = media.file("both.ts");
    writeFileSync(both, Buffer.concat([readFileSync(small), readFileSync(large)]));
    const source = await openSource(both, { pipes });
    source.scaleTo?.({ width: 96, height: 72 });
    const { segments } = await readSource(source);
    expect(segments[0]).toMatchObject({ frames: 50, partialBytes: 0 });
  });

  test("pictures and the demo come as they are", async () => {
    const path = media.make("one.png", ...testPicture(64, 48, 0.04));
    expect((await openSource(path, { pipes })).scaleTo).toBeUndefined();
    expect((await openSource("demo", { pipes })).scaleTo).toBeUndefined();
  });
});
