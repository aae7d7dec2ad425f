import { describe, expect, test } from "bun:test";
import { FootageShortage } from "../../src/cascade/footage-shortage.ts";
import { relearn } from "../../src/learning/relearn.ts";
import { retrain } from "../../src/learning/retrain.ts";
import type { RunCascade } from "../../src/pipeline/run-cascade.ts";
import type { LabelledFrames } from "../../src/pipeline/tape-recorder.ts";
import { mulberry32 } from "../../src/random.ts";
import { ARCHITECTURES, architectureName } from "../../src/training/architectures.ts";
import { TrainingStopped } from "../../src/training/epochs.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";

const [SMALLEST] = ARCHITECTURES as [(typeof ARCHITECTURES)[0]];
const { side: SIDE } = SMALLEST;
const LUMA = 50;

/** A cascade to be followed: any, of the smallest network, with budgets of 10 %. */
const OLD = {
  ...sampleCascade(),
  budgets: { maxFn: 0.1, maxFp: 0.1 },
  factors: [{ levels: "reference alone", fps: 12.5, inferred: 1, holds: true }],
  provenance: {
    ...sampleCascade().provenance,
    architecture: architectureName(SMALLEST),
    tuned: { at: "2026-11-22T09:30:00.000Z", count: 4 },
  },
};

/**
 * A noisy street at 10 frames a second; a bright square walks through it for two seconds out of
 * every eight, each time on another line.
 */
function street(count: number): LabelledFrames {
  const random = mulberry32(3);
  const luma = new Uint8Array(new SharedArrayBuffer(count * LUMA * LUMA));
  const pictures = new Uint8Array(new SharedArrayBuffer(count * 3 * SIDE * SIDE));
  const truth = new Uint8Array(count);
  for (let frame = 0; frame < count; frame += 1) {
    const step = frame % 80;
    truth[frame] = Number(step < 20);
    const top = 0.2 + 0.5 * (((Math.floor(frame / 80) * 37) % 100) / 100);
    const left = 0.05 + step / 28;
    const draw = (out: Uint8Array, at: number, side: number): void => {
      for (let y = 0; y < side; y += 1) {
        for (let x = 0; x < side; x += 1) {
          const inside =
            truth[frame] === 1 &&
            Math.abs(x / side - left - 0.1) < 0.1 &&
            Math.abs(y / side - top) < 0.12;
          const grey = 60 + 40 * (y / side) + 6 * (random() - 0.5);
          out[at + y * side + x] = inside ? 220 : grey;
        }
      }
    };
    draw(luma, frame * LUMA * LUMA, LUMA);
    for (let plane = 0; plane < 3; plane += 1) {
      draw(pictures, (3 * frame + plane) * SIDE * SIDE, SIDE);
    }
  }
  return { count, luma, pictures, side: SIDE, truth, stride: 1, span: { start: 0, end: count } };
}

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("relearn()", () => {
  const task = { source: "street", fps: 10, cascade: OLD, seed: 1 };

  test("makes a cascade whose bounds hold on frames that it has not learnt from", () => {
    const cascade = relearn({ ...task, footage: street(6000) });
    const { falseNegatives, falsePositives, answers } = cascade.validation;
    expect(falseNegatives.bound).toBeLessThanOrEqual(0.1);
    expect(falsePositives.bound).toBeLessThanOrEqual(0.1);
    expect(answers.inferred).toBeLessThan(cascade.validation.frames / 2);
    expect(cascade.question).toEqual(OLD.question);
    expect(cascade.budgets).toEqual(OLD.budgets);
    // Its thresholds come from this footage: nobody has tuned them since.
    expect("tuned" in cascade.provenance).toBe(false);
    expect("factors" in cascade).toBe(false);
  }, 240_000);

  test("refuses footage that is too short, as a reason to wait for so much more", () => {
    const error = thrown(() => relearn({ ...task, footage: street(300) }));
    expect(error).toBeInstanceOf(FootageShortage);
    expect((error as FootageShortage).framesNeeded).toBeGreaterThan(300);
  });

  test("refuses a cascade that would answer no more frames than the reference model", () => {
    // Decoding takes longer than the model: nothing is gained by sparing it.
    const decode = { mean: 100, low: 90, high: 110 };
    const cascade = { ...OLD, costs: { ...OLD.costs, decode, skipped: decode } };
    const error = thrown(() => relearn({ ...task, cascade, footage: street(6000) }));
    expect(error).toMatchObject({ code: "cascade-gains-nothing", category: "usage" });
  }, 240_000);

  test("ends within a step of the training", () => {
    let steps = 0;
    const stop = (): boolean => {
      steps += 1;
      return steps > 3;
    };
    const error = thrown(() => relearn({ ...task, footage: street(3000) }, stop));
    expect(error).toBeInstanceOf(TrainingStopped);
    expect(steps).toBe(4);
  });
});

describe("retrain()", () => {
  const cascade: RunCascade = {
    name: "street.aip",
    question: OLD.question,
    screen: { kind: "cascade", levels: OLD.levels, region: null },
    promise: { falseNegatives: 0.1, falsePositives: 0.1, errorRate: 0.1, presentShare: 0.25 },
    file: OLD,
  };

  test("hands on from its Worker why the footage does not do", async () => {
    const { signal } = new AbortController();
    const task = { footage: street(300), source: "street", fps: 10, cascade, signal };
    const error = await retrain(task).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "footage-too-short", category: "usage" });
    expect((error as FootageShortage).framesNeeded).toBeGreaterThan(300);
  });

  test("tells of whatever goes wrong in its Worker, and not as a want of footage", async () => {
    const { signal } = new AbortController();
    // Pictures of another size than the network reads.
    const footage = { ...street(3000), side: SIDE + 1 };
    const task = { footage, source: "street", fps: 10, cascade, signal };
    const error = await retrain(task).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "relearn-failed", category: "runtime" });
  });

  test("ends at once when the run does", async () => {
    const closing = new AbortController();
    const { signal } = closing;
    const footage = street(3000);
    const promise = retrain({ footage, source: "street", fps: 10, cascade, signal });
    setTimeout(() => closing.abort(), 100);
    expect(await promise.catch((reason: unknown) => reason)).toBe(closing.signal.reason);
  });
});
