import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TimestampParser } from "../../src/source/timestamps.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** As ffmpeg's `metadata=print` writes it (libavfilter/f_metadata.c): `pts` padded to 7. */
function block(index: number, pts: number | "NOPTS"): string {
  const seconds = pts === "NOPTS" ? "NOPTS" : String(Number((pts / 1e6).toPrecision(6)));
  return `frame:${String(index).padEnd(4)} pts:${String(pts).padEnd(7)} pts_time:${seconds}\naip=1\n`;
}

function take(parser: TimestampParser): number[] {
  const times: number[] = [];
  for (let time = parser.next(); time !== undefined; time = parser.next()) times.push(time);
  return times;
}

describe("TimestampParser", () => {
  test("gives times in ms since the first frame", () => {
    const parser = new TimestampParser();
    parser.push(encode(block(0, 1_480_000) + block(1, 1_520_000) + block(2, 1_553_333)));
    expect(take(parser)).toEqual([0, 40, 73.333]);
  });

  test("adds the segment's start", () => {
    const parser = new TimestampParser(5000);
    parser.push(encode(block(0, 80_000) + block(1, 120_000)));
    expect(take(parser)).toEqual([5000, 5040]);
  });

  test("stays exact after days, where pts_time has lost its milliseconds", () => {
    const parser = new TimestampParser();
    parser.push(encode(block(0, 0) + block(1, 259_200_040_000)));
    expect(take(parser)).toEqual([0, 259_200_040]);
  });

  test("a frame without a time has that of the frame before", () => {
    const parser = new TimestampParser(7);
    parser.push(encode(block(0, "NOPTS") + block(1, 40_000) + block(2, "NOPTS")));
    expect(take(parser)).toEqual([7, 7, 7]);
  });

  test("next() waits for the whole number", () => {
    const parser = new TimestampParser();
    parser.push(encode("frame:0    pts:0 frame:1 pts:40"));
    expect(take(parser)).toEqual([0]);
    parser.push(encode("000"));
    expect(take(parser)).toEqual([]);
    parser.push(encode("  pts_time:0.04\n"));
    expect(take(parser)).toEqual([40]);
  });

  test("chunks may end anywhere and times be taken at any moment", () => {
    const pts = fc.array(
      fc.oneof(fc.integer({ min: -1e12, max: 1e12 }), fc.constant("NOPTS" as const)),
      { maxLength: 700 },
    );
    fc.assert(
      fc.property(pts, fc.array(fc.nat(90)), fc.array(fc.nat(3)), (values, cuts, takes) => {
        const first = values.find((value) => value !== "NOPTS") ?? 0;
        let last = 0;
        const expected = values.map((value) => {
          if (value !== "NOPTS") last = (value - first) / 1000;
          return last;
        });
        const bytes = encode(values.map((value, index) => block(index, value)).join(""));
        const parser = new TimestampParser();
        const times: number[] = [];
        let offset = 0;
        for (const [index, cut] of cuts.entries()) {
          parser.push(bytes.subarray(offset, offset + cut));
          offset = Math.min(offset + cut, bytes.length);
          for (let left = takes[index % takes.length] ?? 0; left > 0; left -= 1) {
            const time = parser.next();
            if (time !== undefined) times.push(time);
          }
        }
        parser.push(bytes.subarray(offset));
        times.push(...take(parser));
        expect(times).toEqual(expected);
      }),
    );
  });
});
