import { describe, expect, test } from "bun:test";
import { type Evaluation, evaluatePoint } from "../../src/cascade/evaluation.ts";
import { shortfallOf } from "../../src/cascade/ladder.ts";
import { isPointless, optimize, tuneCascade } from "../../src/cascade/optimizer.ts";
import { drawFront, paretoFront } from "../../src/cascade/pareto.ts";
import type { Footage } from "../../src/cascade/search-space.ts";
import { drawFrames, type SyntheticScene, syntheticFootage } from "../../src/cascade/synthetic.ts";
import type { OptimizeOptions } from "../../src/cascade/tuning.ts";

const SCENE: SyntheticScene = {
  presentShare: 0.2,
  appearanceFrames: 20,
  separation: 5,
  spread: 1.4,
  sharedVariance: 0.1,
  memoryFrames: 5,
  shift: 0,
};

const NETWORK = { name: "network", networkMs: 0.1 };

function options(more: Partial<OptimizeOptions> = {}, frames = 40_000): OptimizeOptions {
  return {
    tuning: syntheticFootage(drawFrames(SCENE, frames, 1)),
    heldOut: syntheticFootage(drawFrames(SCENE, frames, 2)),
    space: {
      tSkips: [1, 2],
      tDiffs: [null, 0.05],
      networks: [null, NETWORK],
      costs: {
        decodeMs: 0.5,
        skippedMs: 0.1,
        differenceMs: 0.1,
        referenceMs: 80,
        transferMs: 0,
        devices: 1,
        referenceCoreMs: 0,
        cores: 2,
      },
    },
    budget: { falseNegatives: 0.01, falsePositives: 0.01 },
    windows: { windowFrames: 15, agreeFrames: 14 },
    ...more,
  };
}

describe("optimize()", () => {
  const { chosen, shortfall, front } = optimize(options());

  test("on a scene that is easy to tell, both bounds are within the budget", () => {
    expect(chosen.holds).toBe(true);
    expect(shortfall).toBeNull();
    expect(chosen.heldOut.falseNegatives.upper).toBeLessThanOrEqual(0.01);
    expect(chosen.heldOut.falsePositives.upper).toBeLessThanOrEqual(0.01);
    expect(isPointless(chosen)).toBe(false);
  });

  test("every frame is answered by one level", () => {
    const { reused, specialized, inferred } = chosen.heldOut.levels;
    expect(reused + specialized + inferred).toBe(chosen.heldOut.frames);
  });

  test("looser budgets are never slower", () => {
    const costs = front.map(({ tuning }) => tuning.cost.fps);
    expect(costs).toEqual(costs.toSorted((a, b) => a - b));
  });

  test("the front is drawn with the chosen cascade", () => {
    const svg = drawFront({ title: "person", front, chosen, referenceFps: 12.5 });
    expect(svg).toStartWith("<svg");
    for (const name of ["chosen", "reference alone", "frames/s"]) expect(svg).toContain(name);
    // The budget goes up from where the axis says 1 %.
    const [, budget] = /points="([\d.]+),306.0 \1,/.exec(svg) ?? [];
    const [, onePercent] = /<text x="([\d.]+)" y="324.0"[^>]*>1<\/text>/.exec(svg) ?? [];
    expect(budget).toBe(onePercent as string);
    expect(svg).toContain(">budget</text>");
    const { levels, frames } = chosen.heldOut;
    const inferred = Number(((100 * levels.inferred) / frames).toPrecision(3));
    expect(svg).toContain(`>inferred ${inferred} %</text>`);
  });
});

test("where every frame saved counts, both budgets are used but for 15 %, and a step of a fifth", () => {
  const hard = { ...SCENE, separation: 2.5 };
  const [tuning, heldOut] = [1, 2].map((seed) => syntheticFootage(drawFrames(hard, 40_000, seed)));
  const { space } = options({}, 100);
  const { falseNegatives, falsePositives } = tuneCascade({
    ...options({}, 100),
    ...({ tuning, heldOut } as Pick<OptimizeOptions, "tuning" | "heldOut">),
    space: { ...space, tSkips: [1], tDiffs: [null] },
  }).heldOut;
  for (const { upper } of [falseNegatives, falsePositives]) {
    expect(upper).toBeLessThanOrEqual(0.0085);
    expect(upper).toBeGreaterThan(0.0085 / 1.25);
  }
});

test("no budget is refused where a stricter one is granted", () => {
  for (let seed = 10; seed < 22; seed += 1) {
    const spans = [0, 100].map((more) => syntheticFootage(drawFrames(SCENE, 5000, seed + more)));
    const [tuning, heldOut] = spans as [Footage, Footage];
    const { front } = optimize(options({ tuning, heldOut }));
    const granted = front.map((tuned) => tuned.holds && !isPointless(tuned));
    expect(granted).toEqual(granted.toSorted());
    for (const { holds, heldOut, budget } of front) {
      if (holds) expect(heldOut.falseNegatives.upper).toBeLessThanOrEqual(budget.falseNegatives);
    }
  }
});

describe("shortfallOf()", () => {
  test("short held-out footage falls short, and says how much would be enough", () => {
    const short = syntheticFootage(drawFrames(SCENE, 2000, 3));
    const tuned = tuneCascade(options({ heldOut: short }));
    expect(tuned.holds).toBe(false);
    const shortfall = shortfallOf(tuned);
    expect(shortfall?.kind).toBe("falseNegatives");
    expect(shortfall?.framesNeeded).toBeGreaterThan(2000);
    expect(shortfall?.framesNeeded).toBeLessThan(200_000);
  });
});

test("frames without a score, which no look falls on, change nothing", () => {
  const base = options({ budget: { falseNegatives: 0.06, falsePositives: 0.06 } });
  const space = { ...base.space, tSkips: [2] };
  const point = (spaced: boolean) => {
    const frames = [1, 2].map((seed) => drawFrames(SCENE, 40_000, seed));
    for (const { scores } of spaced ? frames : []) {
      for (let frame = 1; frame < scores.length; frame += 2) scores[frame] = 0;
    }
    const [tuning, heldOut] = frames.map(syntheticFootage);
    const found = tuneCascade({ ...base, space, tuning, heldOut } as OptimizeOptions);
    return found.tuning.point;
  };
  expect(point(true)).toEqual(point(false));
});

test("where nothing helps, the reference model alone is chosen, and it is never wrong", () => {
  const base = options({}, 4000);
  const { space } = base;
  const costly = { ...space, networks: [null], tDiffs: [null], tSkips: [1] };
  const tuned = tuneCascade({ ...base, space: costly });
  expect(isPointless(tuned)).toBe(true);
  expect(tuned.heldOut.falseNegatives.upper).toBe(0);
});

test("evaluatePoint() bounds what skipping alone gets wrong, by hand", () => {
  // Present in frames 2 and 3 of 4: with every second frame looked at, nothing is wrong ...
  const present = Uint8Array.from("00110011", Number);
  const frames = { present, scores: new Float32Array(8), content: new Float32Array(8) };
  const { windows, space } = options({}, 100);
  const point = { tSkip: 2, tDiff: null, network: null, cLow: 0, cHigh: 1 };
  const right = evaluatePoint(syntheticFootage(frames), point, { space, windows });
  expect(right.levels).toEqual({ reused: 4, specialized: 0, inferred: 4 });
  expect(right.falseNegatives.errors).toBe(0);
  // ... and of frames 1 and 2, the first is missed, and frame 3 is a false alarm.
  const shifted = { ...frames, present: Uint8Array.from("01100110", Number) };
  const wrong = evaluatePoint(syntheticFootage(shifted), point, { space, windows });
  expect(wrong.falseNegatives).toMatchObject({ errors: 2, trials: 4 });
  expect(wrong.falsePositives).toMatchObject({ errors: 2, trials: 4 });
});

test("evaluatePoint() takes what laxer gates get wrong for near errors, where no network has any", () => {
  // Forty visits of ten frames in 8,000. Looking at every frame nothing is missed.
  const present = Uint8Array.from({ length: 8000 }, (_, frame) => Number(frame % 200 >= 190));
  const frames = { present, scores: new Float32Array(8000), content: Float32Array.from(present) };
  const { windows, space: base } = options({}, 100);
  const point = { tSkip: 1, tDiff: 0.5, network: null, cLow: 0, cHigh: 1 };
  const of = (tSkips: readonly number[]): Evaluation => {
    const space = { ...base, tSkips, tDiffs: [0.5] };
    return evaluatePoint(syntheticFootage(frames), point, { space, windows });
  };
  // With every third frame looked at, two frames of the first visit are missed, none of the second, one
  // of the third, and so on: 27 bunches in all, of one or two.
  const near = of([1, 3]).falseNegatives;
  expect(near).toMatchObject({ errors: 0, trials: 400, runs: 40 });
  expect(near.effectiveTrials).toBeGreaterThan(200);
  expect(near.effectiveTrials).toBeLessThan(400);
  // Where no gate is laxer, each visit is one trial.
  expect(of([1]).falseNegatives.effectiveTrials).toBe(40);
});

test("paretoFront() keeps those that nothing beats in both", () => {
  const points = [
    { error: 0.02, fps: 50 },
    { error: 0.01, fps: 20 },
    { error: 0.03, fps: 40 },
    { error: 0.01, fps: 30 },
  ];
  expect(paretoFront(points)).toEqual([
    { error: 0.01, fps: 30 },
    { error: 0.02, fps: 50 },
  ]);
});
