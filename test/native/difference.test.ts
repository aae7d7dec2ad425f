import { expect, test } from "bun:test";
import { blockErrors, Difference, NO_ANCHOR } from "../../src/native/difference.ts";

const SIDE = 50;
const PIXELS = SIDE * SIDE;

function shared(sizeBytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(sizeBytes));
}

function filled(level: number, side: number = SIDE): Uint8Array {
  return shared(side * side).fill(level);
}

/** A seeded picture, and the mean squared errors of blocks by the definition, in plain loops. */
function noise(seed: number, side: number): Uint8Array {
  let state = seed;
  return shared(side * side).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

function expectedBlocks(a: Uint8Array, b: Uint8Array, side: number): number[] {
  const block = side / 10;
  return Array.from({ length: 100 }, (_, index) => {
    let sum = 0;
    for (let y = 0; y < block; y += 1) {
      for (let x = 0; x < block; x += 1) {
        const at = (Math.floor(index / 10) * block + y) * side + (index % 10) * block + x;
        sum += ((a[at] as number) - (b[at] as number)) ** 2;
      }
    }
    return sum / block ** 2;
  });
}

test("Difference.of() is the mean squared error of two thumbnails", () => {
  const difference = new Difference({ side: SIDE, blocks: null });
  expect(difference.of(filled(10), filled(13))).toBe(9);
  expect(difference.of(filled(0), filled(255))).toBe(65025);
  const one = filled(100);
  one[PIXELS - 1] = 150;
  // One pixel of 2,500 by 50 levels: 2500 / 2500.
  expect(difference.of(one, filled(100))).toBe(1);
});

test("Difference.of() weighs the blocks of a 10×10 grid and adds the bias", () => {
  const weights = new Float32Array(100);
  weights[0] = 0.5;
  weights[99] = 2;
  const difference = new Difference({ side: SIDE, blocks: { weights, bias: -3 } });
  const picture = filled(20);
  // Block 0: one of 25 pixels off by 10, error 4; block 99: one off by 5, error 1; others unweighted.
  picture[0] = 30;
  picture[PIXELS - 1] = 15;
  picture[5 * SIDE + 5] = 255;
  expect(difference.of(picture, filled(20))).toBe(0.5 * 4 + 2 * 1 - 3);
});

test.each([10, 20, 50, 100, 120])(
  "blockErrors() of side %i are those of the definition",
  (side) => {
    const [a, b] = [noise(3, side), noise(4, side)];
    const errors = new Float32Array(new SharedArrayBuffer(400));
    blockErrors(a, b, side, errors);
    expect([...errors]).toEqual(expectedBlocks(a, b, side).map(Math.fround));
    const mean = errors.reduce((sum, error) => sum + error, 0) / 100;
    const whole = new Difference({ side, blocks: null }).of(a, b);
    expect(Math.abs(whole - mean)).toBeLessThan(0.01);
  },
);

/** Frames of one grey level each; levels and the anchors that must come out, as in a timeline. */
function replay(
  levels: readonly number[],
  options: { tSkip: number; tDiff: number; reference?: number },
): number[] {
  const difference = new Difference({ side: 10, blocks: null });
  const thumbnails = shared(levels.length * 100);
  for (const [frame, level] of levels.entries()) {
    thumbnails.fill(level, frame * 100, frame * 100 + 100);
  }
  const { tSkip, tDiff, reference } = options;
  const anchors = new Uint32Array(new SharedArrayBuffer(4 * levels.length));
  const picture = reference === undefined ? null : filled(reference, 10);
  difference.replay({ thumbnails, reference: picture, tSkip, tDiff }, anchors);
  return [...anchors];
}

test("Difference.replay() compares with the last frame that had its own answer", () => {
  // Steps of 2 levels stay below 9; it takes two of them (16) to fire, whatever the frame before.
  expect(replay([0, 2, 4, 6, 8, 8, 8], { tSkip: 1, tDiff: 9 })).toEqual([0, 0, 2, 2, 4, 4, 4]);
  // A difference as large as the threshold is not below it.
  expect(replay([0, 3, 3], { tSkip: 1, tDiff: 9 })).toEqual([0, 1, 1]);
  // Nothing is below 0: every frame looked at has its own answer.
  expect(replay([5, 5, 5], { tSkip: 1, tDiff: 0 })).toEqual([0, 1, 2]);
});

test("Difference.replay() looks at every t_skip-th frame alone", () => {
  // Frame 1 differs, but is not looked at; 2 does not, 4 does.
  expect(replay([0, 200, 0, 200, 200, 0], { tSkip: 2, tDiff: 9 })).toEqual([0, 0, 0, 0, 4, 4]);
  expect(replay([0, 9, 9, 9], { tSkip: 100, tDiff: 0 })).toEqual([0, 0, 0, 0]);
});

test("Difference.replay() against a reference has no anchor while nothing differs from it", () => {
  const none = NO_ANCHOR;
  expect(replay([0, 50, 50, 0, 0, 7], { tSkip: 1, tDiff: 9, reference: 0 })).toEqual([
    none,
    1,
    2,
    none,
    none,
    5,
  ]);
  // A frame between takes over what the last frame looked at had.
  expect(replay([0, 50, 50, 0, 0, 50], { tSkip: 2, tDiff: 9, reference: 0 })).toEqual([
    none,
    none,
    2,
    2,
    none,
    none,
  ]);
});

test("Difference refuses sides, blocks and thresholds that do not fit", () => {
  const weights = new Float32Array(100);
  expect(() => new Difference({ side: 55, blocks: { weights, bias: 0 } })).toThrow(
    new RangeError("The side of blocked thumbnails is a multiple of 10, not 55"),
  );
  expect(() => new Difference({ side: 0, blocks: null })).toThrow(RangeError);
  const short = { weights: new Float32Array(99), bias: 0 };
  expect(() => new Difference({ side: 50, blocks: short })).toThrow("There are 100 blocks, not 99");
  const difference = new Difference({ side: 10, blocks: null });
  const anchors = new Uint32Array(2);
  const ok = { thumbnails: shared(200), reference: null, tSkip: 1, tDiff: 1 };
  expect(() => difference.replay({ ...ok, thumbnails: shared(150) }, anchors)).toThrow(
    new RangeError("150 bytes are no 2 thumbnails of 100 bytes"),
  );
  expect(() => difference.replay({ ...ok, tSkip: 0 }, anchors)).toThrow("t_skip");
  expect(() => difference.replay({ ...ok, tDiff: Number.NaN }, anchors)).toThrow("t_diff");
  expect(() => difference.replay({ ...ok, reference: shared(99) }, anchors)).toThrow(
    "A reference thumbnail has 100 bytes, not 99",
  );
});
