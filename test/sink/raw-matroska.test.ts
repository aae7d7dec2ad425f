import { describe, expect, test } from "bun:test";
import { FRAME_HEADER_BYTES, streamHeader, writeFrameHeader } from "../../src/sink/raw-matroska.ts";
import { GEOMETRY } from "./fake-run.ts";

function frameHeader(timeMs: number, pixelBytes: number): number[] {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES);
  writeFrameHeader(new DataView(bytes.buffer), timeMs, pixelBytes);
  return [...bytes];
}

describe("streamHeader()", () => {
  const hexOf = (fps: number): string => Buffer.from(streamHeader(GEOMETRY, fps)).toString("hex");

  test("begins as every Matroska file, with a segment of unknown size", () => {
    const hex = hexOf(25);
    expect(hex).toStartWith("1a45dfa3");
    expect(hex).toContain(`1853806701${"ff".repeat(7)}`);
  });

  test("names size, format and the default duration in nanoseconds", () => {
    const hex = hexOf(25);
    // PixelWidth 64, PixelHeight 48, UncompressedFourCC I420, DefaultDuration 40,000,000.
    for (const element of ["b0400140", "ba400130", "2eb524400449343230", "23e383400402625a00"]) {
      expect(hex).toContain(element);
    }
    expect(hexOf(0)).not.toContain("23e383");
  });
});

describe("writeFrameHeader()", () => {
  test("a cluster with the time in microseconds and one key-frame block", () => {
    expect(frameHeader(1.5, 12)).toEqual([
      ...[0x1f, 0x43, 0xb6, 0x75, 0x01, 0, 0, 0, 0, 0, 0, 10 + 9 + 4 + 12],
      ...[0xe7, 0x88, 0, 0, 0, 0, 0, 0, 0x05, 0xdc],
      ...[0xa3, 0x01, 0, 0, 0, 0, 0, 0, 4 + 12],
      ...[0x81, 0, 0, 0x80],
    ]);
  });

  test("times beyond 2³² microseconds (71 minutes) go on", () => {
    // 2 hours are 7,200,000,000 µs = 0x1_AD27_4800.
    expect(frameHeader(7_200_000, 1).slice(14, 22)).toEqual([0, 0, 0, 1, 0xad, 0x27, 0x48, 0x00]);
  });
});
