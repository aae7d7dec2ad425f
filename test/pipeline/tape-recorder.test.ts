import { describe, expect, test } from "bun:test";
import { IGNORED } from "../../src/cascade/types.ts";
import { TapePlaces } from "../../src/pipeline/screen-tape.ts";
import { TapeRecorder } from "../../src/pipeline/tape-recorder.ts";

const SIDE = 32;

/** A recorder, and what an ingest worker does: frame `id` in `slot` looks like its number. */
function recorder(
  thumbnailsMax: number,
  strideMax = 1,
): {
  tape: TapeRecorder;
  write(slot: number, id: number): void;
} {
  const tape = new TapeRecorder({ slotCount: 2, side: SIDE, thumbnailsMax, strideMax });
  const places = new TapePlaces(SIDE);
  const { memory } = tape.plan;
  return {
    tape,
    write(slot, id) {
      new Uint32Array(memory)[places.frame(slot) / 4] = id + 1;
      new Uint8Array(memory, places.luma(slot), places.lumaBytes).fill(id);
      new Uint8Array(memory, places.rgb(slot), places.rgbBytes).fill(id);
    },
  };
}

/** First pixel of each luma, and of each colour thumbnail. */
function numbers(tape: TapeRecorder): { luma: number[]; rgb: number[]; truth: number[] } {
  const { luma, pictures, truth } = tape.lend();
  const at = (bytes: Uint8Array, size: number): number[] =>
    Array.from({ length: bytes.length / size }, (_, place) => bytes[place * size] as number);
  tape.takeBack();
  return { luma: at(luma, 2500), rgb: at(pictures, 3 * SIDE * SIDE), truth: [...truth] };
}

describe("TapeRecorder", () => {
  test("record() keeps thumbnails and answers of the frames that are on the tape", () => {
    const { tape, write } = recorder(8);
    write(0, 5);
    write(1, 6);
    tape.record(0, 5, true);
    tape.record(1, 6, null);
    // Frame 7 came before the tape was there: slot 0 still has frame 5.
    tape.record(0, 7, true);
    expect(numbers(tape)).toEqual({ luma: [5, 6], rgb: [5, 6], truth: [1, IGNORED] });
    expect(tape.recorded).toBe(2);
  });

  test("record() lets the older half go where there is no more room", () => {
    const { tape, write } = recorder(4);
    for (let id = 0; id < 6; id += 1) {
      write(0, id);
      tape.record(0, id, id % 2 === 1);
    }
    expect(numbers(tape)).toEqual({ luma: [2, 3, 4, 5], rgb: [2, 3, 4, 5], truth: [0, 1, 0, 1] });
    expect(tape.recorded).toBe(6);
  });

  test("record() lets every second thumbnail go first, where so few do, and no answer", () => {
    const { tape, write } = recorder(4, 5);
    for (let id = 0; id < 23; id += 1) {
      write(0, id);
      tape.record(0, id, id % 3 === 0);
    }
    // 16 frames with a thumbnail for every fourth; the older eight went, and seven came.
    expect(numbers(tape)).toEqual({
      luma: [8, 12, 16, 20],
      rgb: [8, 12, 16, 20],
      truth: Array.from({ length: 15 }, (_, index) => Number((index + 8) % 3 === 0)),
    });
    expect(tape.lend()).toMatchObject({ count: 15, stride: 4, span: { start: 8, end: 23 } });
    expect(tape.recorded).toBe(23);
  });

  test("lend() keeps what it lends as it is", () => {
    const { tape, write } = recorder(2);
    for (const id of [1, 2]) {
      write(0, id);
      tape.record(0, id, true);
    }
    const lent = tape.lend();
    write(0, 3);
    tape.record(0, 3, true);
    expect([lent.luma[0], lent.luma[2500]]).toEqual([1, 2]);
    tape.takeBack();
    tape.record(0, 3, true);
    expect(numbers(tape).luma).toEqual([2, 3]);
  });
});
