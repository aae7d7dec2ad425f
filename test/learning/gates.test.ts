import { describe, expect, test } from "bun:test";
import { NO_ANCHOR, replayGate } from "../../src/cascade/replay.ts";
import {
  anchorsOf,
  type DetectorKind,
  gateOf,
  skipChoices,
  thresholdChoices,
} from "../../src/learning/gates.ts";
import { mulberry32 } from "../../src/random.ts";

const BYTES = 2500;

/** Grey pictures whose level wanders, in shared memory. */
function wanderingLuma(frames: number): Uint8Array {
  const random = mulberry32(5);
  const luma = new Uint8Array(new SharedArrayBuffer(frames * BYTES));
  let level = 100;
  for (let frame = 0; frame < frames; frame += 1) {
    if (random() < 0.2) level = 60 + Math.floor(80 * random());
    luma.fill(level, frame * BYTES, (frame + 1) * BYTES);
  }
  return luma;
}

/** Mean squared error of two grey pictures of one level each, worked out here. */
function squaredError(luma: Uint8Array, a: number, b: number): number {
  return ((luma[a * BYTES] as number) - (luma[b * BYTES] as number)) ** 2;
}

const EARLIER: DetectorKind = { mode: "earlier", reference: null, blocks: null };

describe("gateOf()", () => {
  const luma = wanderingLuma(200);

  test.each([
    [1, 100],
    [3, 100],
    [4, 900],
  ])("in mode earlier is what the decision says, t_skip %d, t_diff %d", (tSkip, tDiff) => {
    const difference = (frame: number, anchor: number) => squaredError(luma, frame, anchor);
    const expected = replayGate({ frames: 200, tSkip, tDiff, difference });
    expect(anchorsOf(gateOf(luma, EARLIER, { tSkip, tDiff }))).toEqual(expected);
  });

  test("in mode reference is what the decision says", () => {
    const reference = new Uint8Array(new SharedArrayBuffer(BYTES)).fill(100);
    const kind: DetectorKind = { mode: "reference", reference, blocks: null };
    const difference = (frame: number) => ((luma[frame * BYTES] as number) - 100) ** 2;
    const expected = replayGate({
      frames: 200,
      tSkip: 2,
      tDiff: 200,
      difference,
      mode: "reference",
    });
    const anchors = anchorsOf(gateOf(luma, kind, { tSkip: 2, tDiff: 200 }));
    expect(anchors).toEqual(expected);
    expect(anchors.includes(NO_ANCHOR)).toBe(true);
  });

  test("without a difference detector looks at every t_skip-th frame", () => {
    const gate = gateOf(luma.subarray(0, 7 * BYTES), EARLIER, { tSkip: 3, tDiff: null });
    expect([...gate]).toEqual([1, 0, 0, 1, 0, 0, 1]);
    expect([...anchorsOf(gate)]).toEqual([0, 0, 0, 3, 3, 3, 6]);
  });
});

test("skipChoices() begins with every frame and looks once a second at the least", () => {
  expect(skipChoices(15)).toEqual([1, 2, 3, 5, 8, 12]);
  expect(skipChoices(0.5)).toEqual([1]);
});

test("thresholdChoices() rise, and come from differences there are", () => {
  const luma = wanderingLuma(300);
  const choices = thresholdChoices(luma, EARLIER, 10);
  expect(choices).toEqual(choices.toSorted((a, b) => a - b));
  expect(choices[0]).toBe(0);
  // Levels lie within 80 of each other.
  expect(choices.at(-1)).toBeGreaterThan(100);
  expect(choices.at(-1)).toBeLessThanOrEqual(80 ** 2);
});
