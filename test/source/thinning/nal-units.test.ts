import { describe, expect, test } from "bun:test";
import { isDisposable, type NalFormat } from "../../../src/source/thinning/nal-units.ts";

const H264: NalFormat = { codec: "h264", lengthBytes: 4, isLayered: false };
const HEVC: NalFormat = { codec: "hevc", lengthBytes: 4, isLayered: false };

/** NAL units, each behind its length. */
function packet(units: readonly (readonly number[])[], lengthBytes = 4): Uint8Array {
  return Uint8Array.from(
    units.flatMap((unit) => {
      const length = Array.from(
        { length: lengthBytes },
        (_, place) => (unit.length >> (8 * (lengthBytes - 1 - place))) & 0xff,
      );
      return [...length, ...unit];
    }),
  );
}

/** First byte of an H.264 unit: nal_ref_idc in two bits, nal_unit_type in five. */
const avc = (refIdc: number, type: number): number => (refIdc << 5) | type;
/** First two of an H.265 unit: nal_unit_type in six bits after the first, then layer and temporal id. */
const hevc = (type: number): number[] => [type << 1, 1];

describe("isDisposable()", () => {
  test.each([
    ["a slice nobody refers to", [[avc(0, 1), 9]], true],
    ["three of them", [[avc(0, 1)], [avc(0, 1)], [avc(0, 1), 1, 2]], true],
    ["its data partitions", [[avc(0, 2)], [avc(0, 3)], [avc(0, 4)]], true],
    [
      "a delimiter, messages and filler beside it",
      [[avc(0, 9)], [avc(0, 6), 5], [avc(0, 1)], [12]],
      true,
    ],
    ["a slice that is referred to", [[avc(1, 1)]], false],
    ["one of two that is referred to, as of a pair of fields", [[avc(0, 1)], [avc(2, 1)]], false],
    ["a key frame", [[avc(3, 5)]], false],
    ["parameter sets beside it", [[avc(3, 7)], [avc(3, 8)], [avc(0, 1)]], false],
    ["the end of a sequence behind it", [[avc(0, 1)], [avc(0, 10)]], false],
    ["no slice at all", [[avc(0, 6), 5]], false],
    ["nothing", [], false],
  ] as const)("H.264: %s", (_, units, expected) => {
    expect(isDisposable(packet(units), H264)).toBe(expected);
  });

  test.each([
    ["TRAIL_N", [hevc(0)], true],
    ["TRAIL_R", [hevc(1)], false],
    ["TSA_N, RADL_N and RASL_N", [hevc(2), hevc(6), hevc(8)], true],
    ["RASL_R", [hevc(9)], false],
    ["IDR_W_RADL", [hevc(19)], false],
    ["CRA", [hevc(21)], false],
    ["a reserved type that ends no picture", [hevc(22)], false],
    ["a delimiter and messages beside TRAIL_N", [hevc(35), hevc(39), hevc(0), hevc(40)], true],
    ["a picture parameter set beside TRAIL_N", [hevc(34), hevc(0)], false],
  ] as const)("H.265: %s", (_, units, expected) => {
    expect(isDisposable(packet(units), HEVC)).toBe(expected);
  });

  test("H.265 with temporal layers: what one layer does not refer to, a higher one may", () => {
    expect(isDisposable(packet([hevc(0)]), { ...HEVC, isLayered: true })).toBe(false);
  });

  test.each([1, 2, 4])("reads lengths of %i bytes", (lengthBytes) => {
    const format = { ...H264, lengthBytes };
    expect(isDisposable(packet([[avc(0, 1), 7, 7]], lengthBytes), format)).toBe(true);
    expect(isDisposable(packet([[avc(0, 1)], [avc(1, 1)]], lengthBytes), format)).toBe(false);
  });

  test("leaves what is broken to the decoder", () => {
    const whole = packet([
      [avc(0, 1), 1, 2, 3],
      [avc(0, 1), 4, 5],
    ]);
    expect(isDisposable(whole, H264)).toBe(true);
    // Each cut but the one between the units.
    for (let end = 0; end < whole.length; end += 1) {
      expect(isDisposable(whole.subarray(0, end), H264)).toBe(end === 8);
    }
    expect(isDisposable(Uint8Array.of(0, 0, 0, 0, avc(0, 1)), H264)).toBe(false);
    expect(isDisposable(Uint8Array.of(0xff, 0xff, 0xff, 0xff, avc(0, 1)), H264)).toBe(false);
  });
});
