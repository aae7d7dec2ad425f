import { describe, expect, test } from "bun:test";
import { betaCdf, studentQuantile } from "../../src/cascade/beta.ts";
import {
  clopperPearson,
  clopperPearsonLower,
  clopperPearsonUpper,
  combinedUpper,
  errorBound,
  trialsNeeded,
} from "../../src/cascade/bounds.ts";
import { mulberry32 } from "../../src/random.ts";

describe("combinedUpper()", () => {
  test("is the rate and the root of the squared distances, by hand", () => {
    const strata = [
      { share: 0.5, rate: 0.01, upper: 0.04 },
      { share: 0.5, rate: 0.02, upper: 0.06 },
    ];
    // 0.015 + √(0.015² + 0.02²)
    expect(combinedUpper(strata)).toBeCloseTo(0.04, 12);
  });

  test("of one part alone is its bound, and never above 1", () => {
    expect(combinedUpper([{ share: 1, rate: 0.1, upper: 0.3 }])).toBeCloseTo(0.3, 12);
    expect(combinedUpper([{ share: 1, rate: 1, upper: 1 }])).toBe(1);
  });

  test("covers the rate over both parts in 95 of 100 samples, or a little more", () => {
    const random = mulberry32(11);
    const parts = [
      { share: 0.2, true: 0.02, trials: 300 },
      { share: 0.8, true: 0.004, trials: 1200 },
    ];
    const rate = 0.2 * 0.02 + 0.8 * 0.004;
    const samples = 2000;
    let covered = 0;
    for (let sample = 0; sample < samples; sample += 1) {
      const strata = parts.map((part) => {
        let errors = 0;
        for (let trial = 0; trial < part.trials; trial += 1) errors += Number(random() < part.true);
        const upper = clopperPearsonUpper(errors, part.trials);
        return { share: part.share, rate: errors / part.trials, upper };
      });
      covered += Number(combinedUpper(strata) >= rate);
    }
    // 95 % ± 3 standard deviations of half a percent, and what Clopper and Pearson add.
    expect(covered / samples).toBeGreaterThan(0.935);
    expect(covered / samples).toBeLessThan(0.995);
  });
});

/** Values of scipy 1.17.1: `stats.beta.ppf` and `.cdf`, `stats.t.ppf`. */
const SCIPY = {
  // errors, trials, one-sided upper, one-sided lower, two-sided upper, two-sided lower
  clopperPearson: [
    [0, 299, 0.009969146792899269, 0, 0.012261595907535044, 0],
    [1, 100, 0.046559811453538935, 0.0005128014162622921, 0.054459385392080645, 0.00025314603297],
    [5, 100, 0.1022533776432745, 0.019905563662171832, 0.11283491110546275, 0.016431879182052155],
    [12, 1000, 0.019370199285059248, 0.00693838804786669, 0.02086767959103641, 0.006215525559595],
    [99, 100, 0.9994871985837377, 0.9534401885464611, 0.9997468539670226, 0.9455406146079194],
    [2.5, 80.25, 0.08519987313308286, 0.0071786526560172785, 0.0963993457200577, 0.005214306494289],
  ],
  betaCdf: [
    [0.2, 2, 3, 0.18080000000000004],
    [0.9, 0.5, 0.5, 0.7951672353008665],
    [0.001, 1, 300, 0.25929296784390055],
    [0.5, 50, 60, 0.8309072939016693],
    [0.999, 20, 0.3, 0.6587264991288952],
  ],
  student: [
    [0.95, 1, 6.313751514675037],
    [0.95, 4, 2.1318467863266495],
    [0.95, 31, 1.6955187825458649],
    [0.975, 15, 2.131449545559776],
  ],
} as const;

describe("clopperPearson()", () => {
  test("one-sided and two-sided bounds agree with scipy to nine digits", () => {
    for (const [errors, trials, upper, lower, high, low] of SCIPY.clopperPearson) {
      expect(clopperPearsonUpper(errors, trials)).toBeCloseTo(upper, 9);
      expect(clopperPearsonLower(errors, trials)).toBeCloseTo(lower, 9);
      const both = clopperPearson(errors, trials);
      expect(both.high).toBeCloseTo(high, 9);
      expect(both.low).toBeCloseTo(low, 9);
    }
  });

  test("all wrong: nothing below 1 can be claimed", () => {
    expect(clopperPearsonUpper(7, 7)).toBe(1);
  });

  test("more errors than trials are refused", () => {
    expect(() => clopperPearsonUpper(3, 2)).toThrow(RangeError);
    expect(() => clopperPearsonUpper(0, 0)).toThrow(RangeError);
  });
});

test("betaCdf() and studentQuantile() agree with scipy", () => {
  for (const [x, a, b, value] of SCIPY.betaCdf) expect(betaCdf(x, a, b)).toBeCloseTo(value, 11);
  for (const [probability, degrees, value] of SCIPY.student) {
    expect(studentQuantile(probability, degrees)).toBeCloseTo(value, 9);
  }
});

describe("trialsNeeded()", () => {
  test("no errors and 1 %: ln 0.05 / ln 0.99 = 298.07, so 299", () => {
    expect(trialsNeeded(0.01, 0)).toBe(299);
  });

  test("the count is the first that is enough", () => {
    const count = trialsNeeded(0.02, 0.012);
    expect(clopperPearsonUpper(0.012 * count, count)).toBeLessThanOrEqual(0.02);
    expect(clopperPearsonUpper(0.012 * (count - 2), count - 2)).toBeGreaterThan(0.02);
  });

  test("a rate that is the budget or more cannot be bounded by it", () => {
    expect(trialsNeeded(0.01, 0.01)).toBe(Number.POSITIVE_INFINITY);
  });

  test("a budget of 0 is refused", () => {
    expect(() => trialsNeeded(0, 0)).toThrow(RangeError);
  });
});

describe("errorBound()", () => {
  const all = (length: number): Uint8Array => new Uint8Array(length).fill(1);
  /** One of `every` runs of `run` frames is wrong, at random. */
  const bunches = (length: number, run: number, every: number, seed: number): Uint8Array => {
    const random = mulberry32(seed);
    const wrong = new Uint8Array(length);
    for (let first = 0; first < length; first += run) {
      if (random() < 1 / every) wrong.fill(1, first, first + run);
    }
    return wrong;
  };

  test("errors that come one by one leave nearly all trials independent", () => {
    const wrong = bunches(20_000, 1, 50, 3);
    const { designEffect } = errorBound({ trials: all(20_000), wrong, nearlyWrong: null });
    // The largest of some ten estimates, and Student's t of the few longest blocks: no more.
    expect(designEffect).toBeLessThan(2);
  });

  test("runs of 16 wrong frames make 16 frames worth one", () => {
    const effects = Array.from({ length: 20 }, (_, seed) => {
      const wrong = bunches(32_000, 16, 40, seed + 1);
      return errorBound({ trials: all(32_000), wrong, nearlyWrong: null }).designEffect;
    }).sort((a, b) => a - b);
    expect(effects[0]).toBeGreaterThan(14);
    expect(effects[10]).toBeGreaterThan(16);
    expect(effects[10]).toBeLessThan(32);
  });

  test("without errors, bunches of near errors tell how few the frames are worth", () => {
    const trials = all(32_000);
    const wrong = new Uint8Array(32_000);
    const nearlyWrong = bunches(32_000, 16, 40, 5);
    const { upper, effectiveTrials } = errorBound({ trials, wrong, nearlyWrong });
    // 2,000 runs of 16, as far as fifty bunches tell.
    expect(effectiveTrials).toBeGreaterThan(1500);
    expect(effectiveTrials).toBeLessThan(2500);
    expect(upper).toBeCloseTo(1 - 0.05 ** (1 / effectiveTrials), 9);
  });

  test("errors that bunch more than near errors do count", () => {
    const trials = all(32_000);
    const wrong = bunches(32_000, 16, 200, 7);
    const nearlyWrong = wrong.map((is, frame) => is | Number(frame % 50 === 0));
    const alone = errorBound({ trials, wrong, nearlyWrong: null });
    expect(errorBound({ trials, wrong, nearlyWrong })).toEqual(alone);
    expect(alone.designEffect).toBeGreaterThan(12);
  });

  test("one near error in each of few places is known less well than in many", () => {
    const worth = (places: number): number => {
      const trials = all(1000 * places);
      const nearlyWrong = trials.map((_, frame) => Number(frame % 1000 === 500));
      const { designEffect } = errorBound({ trials, wrong: trials.map(() => 0), nearlyWrong });
      return 1 / designEffect;
    };
    // 1 − 1 / 2√n of the trials.
    expect(worth(4)).toBeCloseTo(0.75, 9);
    expect(worth(100)).toBeCloseTo(0.95, 9);
  });

  test("with nothing to tell by, each appearance counts once, however long the span is", () => {
    const upper = (appearances: number, errors: number): number => {
      const trials = new Uint8Array(100 * appearances);
      for (let first = 0; first < trials.length; first += 100) trials.fill(1, first, first + 20);
      const wrong = new Uint8Array(trials.length).fill(1, 100, 100 + errors);
      const bound = errorBound({ trials, wrong, nearlyWrong: null });
      expect(bound.effectiveTrials).toBe(appearances);
      return bound.upper;
    };
    expect(upper(32, 0)).toBeCloseTo(0.0894, 4); // 1 − 0.05^(1/32)
    expect(upper(320, 0)).toBeCloseTo(0.00932, 5); // 1 − 0.05^(1/320)
    // One error of 6,400 frames does not make thousands of trials of 320 appearances.
    expect(upper(320, 1)).toBeGreaterThan(upper(320, 0));
  });

  test("one appearance is worth one trial", () => {
    const trials = new Uint8Array(6400);
    trials.fill(1, 1000, 1100);
    const wrong = new Uint8Array(6400);
    wrong.fill(1, 1000, 1003);
    const { runs, effectiveTrials } = errorBound({ trials, wrong, nearlyWrong: null });
    expect(runs).toBe(1);
    expect(effectiveTrials).toBe(1);
  });

  test("no trials: nothing can be claimed", () => {
    const none = new Uint8Array(10);
    expect(errorBound({ trials: none, wrong: none, nearlyWrong: null }).upper).toBe(1);
  });
});
