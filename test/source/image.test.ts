import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { openSource } from "../../src/source/open.ts";
import { testSourceContract } from "./contract.ts";
import { ffmpeg, hasFfmpeg, MediaFolder, plainColor } from "./media.ts";
import { pipes } from "./pipes.ts";
import { readSource } from "./segment-reader.ts";

// Every test starts several processes; a busy machine takes its time.
setDefaultTimeout(60_000);

describe.skipIf(!hasFfmpeg)("openPictures()", () => {
  let media: MediaFolder;
  beforeAll(() => {
    media = new MediaFolder();
  });
  afterAll(() => media.remove());

  /** A picture of one colour. */
  function picture(name: string, color: string, size = "64x48", ...args: string[]): string {
    const input = plainColor(color, "64x48");
    return media.make(name, ...input, "-vf", `scale=${size}`, "-frames:v", "1", ...args);
  }

  testSourceContract("a folder of pictures", () => {
    mkdirSync(media.file("contract"), { recursive: true });
    for (const [index, size] of ["64x48", "96x64", "96x64"].entries()) {
      picture(`contract/${index}.png`, "red", size);
    }
    return openSource(media.file("contract"), { pipes });
  });

  test("plays a folder in natural order, each run of equal size as one segment", async () => {
    mkdirSync(media.file("mixed"));
    picture("mixed/frame10.png", "0x0000FF", "31x21");
    picture("mixed/frame1.png", "0xFF0000");
    picture("mixed/frame2.png", "0x00FF00");
    picture("mixed/frame11.png", "0xFFFFFF", "31x21");
    writeFileSync(media.file("mixed/notes.txt"), "not a picture");
    const source = await openSource(media.file("mixed"), { pipes });
    expect(source).toMatchObject({ name: "mixed", live: false });
    expect(source.info).toMatchObject({
      frameCount: 4,
      geometry: { width: 64, height: 48, pixelFormat: "rgb24" },
      description: "4 pictures, up to 64×48",
    });
    const { segments, errors } = await readSource(source);
    expect(errors).toEqual([null, null]);
    const colors = segments.map(({ pictures }) => pictures.map(colorOf));
    expect(colors).toEqual([
      ["red", "green"],
      ["blue", "white"],
    ]);
    expect(segments.map(({ timesMs }) => timesMs)).toEqual([
      [0, 40],
      [80, 120],
    ]);
    expect(source.notes()).toEqual([]);
    const files = [0, 40, 80, 120, 160].map((timeMs) => source.fileAt?.(timeMs));
    const names = ["frame1.png", "frame2.png", "frame10.png", "frame11.png"];
    expect(files).toEqual([...names.map((name) => media.file(`mixed/${name}`)), undefined]);
  });

  test("a picture that cannot be decoded, be it the first, leaves the others their files", async () => {
    const colors = ["red", "0x00FF00", "0x0000FF", "0xFFFFFF"] as const;
    for (const broken of [1, 3]) {
      const folder = `broken-${broken}`;
      mkdirSync(media.file(folder));
      for (const [index, color] of colors.entries()) {
        picture(`${folder}/${index + 1}.png`, color, "640x480");
      }
      truncateSync(media.file(`${folder}/${broken}.png`), 40);
      const source = await openSource(media.file(folder), { pipes });
      const { segments } = await readSource(source);
      const [{ pictures = [], timesMs = [] } = {}] = segments;
      const seen = pictures.map((one, index) => [
        colorOf(one),
        source.fileAt?.(timesMs[index] ?? 0),
      ]);
      const all = ["red", "green", "blue", "white"].map((color, index) => [
        color,
        media.file(`${folder}/${index + 1}.png`),
      ]);
      expect(seen).toEqual(all.filter((_, index) => index + 1 !== broken));
    }
  });

  test("reads grey, palette, alpha and 16-bit PNGs of one size as one run", async () => {
    mkdirSync(media.file("formats"));
    for (const format of ["gray", "rgba", "pal8", "rgb48be", "rgb24"]) {
      picture(`formats/${format}.png`, "0xFFFFFF", "64x48", "-pix_fmt", format);
    }
    const { segments, errors } = await readSource(
      await openSource(media.file("formats"), { pipes }),
    );
    expect(errors).toEqual([null]);
    expect(segments[0]?.frames).toBe(5);
    for (const one of segments[0]?.pictures ?? []) {
      expect(colorOf(one)).toBe("white");
    }
  });

  test("reads JPEG, WebP, BMP and TIFF, with quotes, colons and % in their names", async () => {
    mkdirSync(media.file("it's 100%d: odd"));
    for (const extension of ["jpg", "bmp", "tiff", "png"]) {
      const plain = picture(`plain.${extension}`, "0x00FF00");
      const path = media.file(`it's 100%d: odd/a'b%03d.${extension}`);
      writeFileSync(path, await Bun.file(plain).bytes());
      const { segments, errors } = await readSource(await openSource(path, { pipes }));
      expect([extension, errors, segments[0]?.frames]).toEqual([extension, [null], 1]);
      const [red = 255, green = 0, blue = 255] = segments[0]?.pictures[0] ?? [];
      expect(red).toBeLessThan(8);
      expect(green).toBeGreaterThan(247);
      expect(blue).toBeLessThan(8);
    }
  });

  test("turns pictures upright by all eight EXIF orientations", async () => {
    // 2×1 blocks of 16: left red, right green. Where red and green lie once upright, by the EXIF
    // standard's table of what row 0 and column 0 are.
    const flat = media.make(
      "flat.jpg",
      ...["-f", "lavfi", "-i", "color=red:size=64x64:rate=1:duration=1"],
      ...["-f", "lavfi", "-i", "color=lime:size=64x64:rate=1:duration=1"],
      ...["-filter_complex", "hstack,format=yuvj444p", "-frames:v", "1", "-q:v", "1"],
    );
    const bytes = Buffer.from(await Bun.file(flat).bytes());
    const first = { 1: "left", 2: "right", 3: "right", 4: "left" } as const;
    const turned = { 5: "top", 6: "top", 7: "bottom", 8: "bottom" } as const;
    for (const [orientation, side] of Object.entries({ ...first, ...turned })) {
      const path = media.file(`exif-${orientation}.jpg`);
      writeFileSync(path, withOrientation(bytes, Number(orientation)));
      const source = await openSource(path, { pipes });
      const { segments } = await readSource(source);
      const { width, height } = source.info.geometry;
      expect([width, height]).toEqual(Number(orientation) < 5 ? [128, 64] : [64, 128]);
      const data = segments[0]?.pictures[0] as Uint8Array;
      const isRed = (x: number, y: number): boolean => (data[(y * width + x) * 3] as number) > 200;
      const sides = {
        left: isRed(10, height >> 1) && !isRed(width - 10, height >> 1),
        right: !isRed(10, height >> 1) && isRed(width - 10, height >> 1),
        top: isRed(width >> 1, 10) && !isRed(width >> 1, height - 10),
        bottom: !isRed(width >> 1, 10) && isRed(width >> 1, height - 10),
      };
      expect([orientation, side, sides[side]]).toEqual([orientation, side, true]);
    }
  });

  test("delivers the pixel format asked for", async () => {
    const path = picture("blue.png", "0x0000FF", "33x21");
    const source = await openSource(path, { pipes, pixelFormat: "nv12" });
    const { segments } = await readSource(source);
    expect(source.info.geometry).toMatchObject({ pixelFormat: "nv12", colorRange: "limited" });
    const data = segments[0]?.pictures[0] as Uint8Array;
    // Blue is Y 41, Cb 240, Cr 110 (BT.601, limited).
    const chroma = 33 * 21;
    expect(Math.abs((data[0] as number) - 41)).toBeLessThanOrEqual(1);
    expect(Math.abs((data[chroma] as number) - 240)).toBeLessThanOrEqual(1);
    expect(Math.abs((data[chroma + 1] as number) - 110)).toBeLessThanOrEqual(1);
  });

  test("counts pictures that cannot be decoded", async () => {
    mkdirSync(media.file("broken"));
    for (const number of [1, 2, 3]) picture(`broken/${number}.png`, "red", "640x480");
    // The head is whole, so its size is known; the pixels are gone.
    truncateSync(media.file("broken/2.png"), 40);
    const { segments, errors } = await readSource(
      await openSource(media.file("broken"), { pipes }),
    );
    expect(segments[0]?.frames).toBe(2);
    expect(errors).toEqual([
      `1 of 3 pictures cannot be decoded: "${media.file("broken/2.png")}" is damaged`,
    ]);
  });

  test("a damaged picture is named, not the decoder's trouble with it", async () => {
    const detail = ["-f", "lavfi", "-i", "testsrc=size=640x360", "-frames:v", "1"];
    const whole = media.make("whole.jpg", ...detail);
    const bytes = await Bun.file(whole).bytes();
    // The first ends inside the tables that stand before the pixels, the second among the pixels.
    for (const [name, sizeBytes] of [
      ["head", 400],
      ["part", 9000],
    ] as const) {
      writeFileSync(media.file(`${name}.jpg`), bytes.subarray(0, sizeBytes));
    }
    const head = media.file("head.jpg");
    const none = await openSource(head, { pipes });
    expect((await readSource(none)).errors).toEqual([`"${head}" is damaged and cannot be decoded`]);
    expect(none.notes()).toEqual([]);
    const part = media.file("part.jpg");
    const some = await openSource(part, { pipes });
    const { segments, errors } = await readSource(some);
    expect([segments[0]?.frames, errors]).toEqual([1, [null]]);
    expect(some.notes()).toEqual([`"${part}" is damaged: part of it cannot be decoded`]);
    mkdirSync(media.file("several"));
    for (const [index, one] of [whole, part, whole].entries()) {
      copyFileSync(one, media.file(`several/${index}.jpg`));
    }
    const several = await openSource(media.file("several"), { pipes });
    expect((await readSource(several)).errors).toEqual([null]);
    expect(several.notes()).toEqual([
      `"${media.file("several/1.jpg")}" is damaged: part of it cannot be decoded`,
    ]);
  });

  test("an empty file is said to be empty", async () => {
    const path = media.file("empty.jpg");
    writeFileSync(path, "");
    await expect(openSource(path, { pipes })).rejects.toThrow(
      `Cannot open source "${path}": it is empty`,
    );
  });

  test("a text file named .jpg and a folder without pictures are refused", async () => {
    const path = media.file("text.jpg");
    writeFileSync(path, "hello");
    await expect(openSource(path, { pipes })).rejects.toMatchObject({
      code: "source-unreadable",
      message: `Cannot open source "${path}": it is no picture (known: .bmp .jpeg .jpg .png .tif .tiff .webp)`,
    });
    const empty = media.file("empty");
    mkdirSync(empty);
    await expect(openSource(empty, { pipes })).rejects.toMatchObject({
      code: "source-empty",
      category: "usage",
    });
    ffmpeg(...plainColor("red", "64x48"), `${empty}/a.mp4`);
    await expect(openSource(empty, { pipes })).rejects.toThrow(
      `no pictures in it; for its videos write "${empty}/*.mp4"`,
    );
  });
});

/** The name of a plain picture's colour, read from its first pixel. */
function colorOf(picture: Uint8Array): string {
  const bits = [...picture.subarray(0, 3)].map((value) => (value > 128 ? 1 : 0)).join("");
  const names: Record<string, string> = { 100: "red", "010": "green", "001": "blue", 111: "white" };
  return names[bits] ?? bits;
}

/** The JPEG with an EXIF block that holds the orientation alone (big-endian TIFF, tag 0x0112). */
function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  const exif = Buffer.from(
    "457869660000" + "4d4d002a00000008" + "0001" + "011200030000000100000000" + "00000000",
    "hex",
  );
  exif.writeUInt16BE(orientation, 6 + 8 + 2 + 8);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(exif.length + 2);
  return Buffer.concat([
    jpeg.subarray(0, 2),
    Buffer.from([0xff, 0xe1]),
    length,
    exif,
    jpeg.subarray(2),
  ]);
}
