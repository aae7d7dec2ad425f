import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { isMp4CutShort } from "../../src/source/mp4-boxes.ts";
import { MediaFolder } from "./media.ts";

/** A box as in ISO/IEC 14496-12, 4.2. */
function box(type: string, bodyBytes: number, form: "short" | "long" | "to-end" = "short"): Buffer {
  const header = Buffer.alloc(form === "long" ? 16 : 8);
  const sizeBytes = header.length + bodyBytes;
  header.writeUInt32BE(form === "short" ? sizeBytes : form === "long" ? 1 : 0);
  header.write(type, 4, "latin1");
  if (form === "long") header.writeBigUInt64BE(BigInt(sizeBytes), 8);
  return Buffer.concat([header, Buffer.alloc(bodyBytes)]);
}

describe("isMp4CutShort()", () => {
  let media: MediaFolder;
  beforeAll(() => {
    media = new MediaFolder();
  });
  afterAll(() => media.remove());

  const whole = Buffer.concat([box("ftyp", 8), box("moov", 100), box("mdat", 500, "long")]);
  test.each([
    ["a whole file", whole, false],
    ["one byte less", whole.subarray(0, -1), true],
    ["a cut inside a header", whole.subarray(0, 16 + 4), true],
    ["a cut between two boxes", whole.subarray(0, 16 + 108), false],
    [
      "a last box that reaches to the end",
      Buffer.concat([box("ftyp", 8), box("mdat", 9, "to-end")]),
      false,
    ],
    ["a text shorter than a header", Buffer.from("hello\n"), false],
    ["another format", Buffer.from("hello world, hello world"), false],
  ])("%s", async (name, bytes, expected) => {
    const path = media.file(`${name}.mp4`);
    writeFileSync(path, bytes);
    expect(await isMp4CutShort(path)).toBe(expected);
  });
});
