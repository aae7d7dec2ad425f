import { describe, expect, test } from "bun:test";
import {
  Audit,
  type AuditOptions,
  type AuditReport,
  type DriftKind,
} from "../../src/cascade/audit.ts";
import { AuditEstimator } from "../../src/cascade/audit-estimate.ts";
import { AuditSampler, scoreUncertainty } from "../../src/cascade/audit-sample.ts";
import { averageRunLength, Cusum, type CusumDesign, designCusum } from "../../src/cascade/cusum.ts";
import { mulberry32 } from "../../src/random.ts";

describe("averageRunLength()", () => {
  test("an alarm at the first wrong frame: 1 / rate", () => {
    expect(averageRunLength(1, 1, 0.05)).toBeCloseTo(20, 9);
  });

  test("two wrong ones in a row or nearly: (1 + p) / p², worked by hand", () => {
    // Up by 1, down by 1, alarm at 2: E0 = 1 + (1−p)E0 + pE1, E1 = 1 + (1−p)E0.
    const rate = 0.2;
    expect(averageRunLength(1, 2, rate)).toBeCloseTo((1 + rate) / rate ** 2, 9);
  });

  test("agrees with playing it", () => {
    const random = mulberry32(9);
    const [stepUp, threshold, rate] = [7, 20, 0.06];
    let frames = 0;
    const alarms = 4000;
    for (let alarm = 0; alarm < alarms; alarm += 1) {
      for (let sum = 0; sum < threshold; frames += 1) {
        sum = Math.max(0, sum + (random() < rate ? stepUp : -1));
      }
    }
    const exact = averageRunLength(stepUp, threshold, rate);
    // Run lengths spread about as much as their mean: 1/√4000 is 1.6 %.
    expect(Math.abs(frames / alarms / exact - 1)).toBeLessThan(0.06);
  });
});

describe("designCusum()", () => {
  test("false alarms are no more frequent than wanted, and one step less would be", () => {
    const design = designCusum({ baseline: 0.01, factor: 5, falseAlarmEvery: 6480 });
    const { stepUp, threshold } = design;
    expect(averageRunLength(stepUp, threshold, 0.01)).toBeGreaterThanOrEqual(6480);
    expect(averageRunLength(stepUp, threshold - 1, 0.01)).toBeLessThan(6480);
    expect(design.noticedAfter).toBeLessThan(150);
  });

  test("a promise of no errors at all is watched as one of 0.02 %", () => {
    expect(designCusum({ baseline: 0, factor: 5, falseAlarmEvery: 100 }).baseline).toBe(2e-4);
  });
});

test("Cusum stays alarmed until it is reset", () => {
  const cusum = new Cusum(designCusum({ baseline: 0.1, factor: 5, falseAlarmEvery: 50 }));
  let wrong = 0;
  while (!cusum.observe(true)) wrong += 1;
  expect(wrong).toBeGreaterThan(0);
  expect(cusum.observe(false)).toBe(true);
  cusum.reset();
  expect(cusum.observe(false)).toBe(false);
});

describe("AuditSampler", () => {
  test("draws the share it is told, equally likely", () => {
    const sampler = new AuditSampler({ share: 0.02, seed: 4 });
    const drawn = Array.from({ length: 100_000 }, () => sampler.draw()).filter((p) => p > 0);
    expect(new Set(drawn)).toEqual(new Set([0.02]));
    // 2000 ± 3.3 standard deviations of 44
    expect(Math.abs(drawn.length - 2000)).toBeLessThan(146);
  });

  test("with an emphasis, doubtful frames are drawn more often, the share stays", () => {
    const sampler = new AuditSampler({ share: 0.05, emphasis: 0.5, seed: 4 });
    const drawn = [0, 0];
    for (let frame = 0; frame < 200_000; frame += 1) {
      const doubtful = frame % 10 === 0;
      if (sampler.draw(doubtful ? 1 : 0.1) === 0) continue;
      drawn[Number(doubtful)] = (drawn[Number(doubtful)] as number) + 1;
    }
    const [sure, doubtful] = drawn as [number, number];
    expect((sure + doubtful) / 200_000).toBeCloseTo(0.05, 2);
    // Mean uncertainty 0.19: 0.025 · (1 + 1 / 0.19) against 0.025 · (1 + 0.1 / 0.19).
    expect(doubtful / 20_000 / (sure / 180_000)).toBeCloseTo((1 + 1 / 0.19) / (1 + 0.1 / 0.19), 0);
  });

  test("shares beyond 1 are refused", () => {
    expect(() => new AuditSampler({ share: 1.5, seed: 1 })).toThrow(RangeError);
  });
});

test("scoreUncertainty() is 1 at the thresholds and 0 at the ends", () => {
  expect(scoreUncertainty(0, 0.2, 0.9)).toBe(0);
  expect(scoreUncertainty(0.1, 0.2, 0.9)).toBeCloseTo(0.5, 12);
  expect(scoreUncertainty(0.95, 0.2, 0.9)).toBeCloseTo(0.5, 12);
  expect(scoreUncertainty(1, 0.2, 0.9)).toBe(0);
});

describe("AuditEstimator", () => {
  test("equal weights: the plain share, with scipy's Clopper-Pearson interval", () => {
    const estimator = new AuditEstimator();
    for (let frame = 0; frame < 100; frame += 1) {
      estimator.early();
      estimator.audited({ answered: frame >= 5, present: true, probability: 0.01 });
    }
    const { falseNegatives } = estimator.estimates;
    expect(falseNegatives).toMatchObject({ audited: 100, errors: 5 });
    expect(falseNegatives.rate).toBeCloseTo(0.05, 12);
    expect(falseNegatives.high).toBeCloseTo(0.11283491110546275, 9);
    expect(falseNegatives.low).toBeCloseTo(0.016431879182052155, 9);
  });

  test("frames that the reference answered dilute the errors of the others", () => {
    const estimator = new AuditEstimator();
    // 4 of 40 wrong, each for 25 frames: 100 of 1000; and 1000 right by definition.
    for (let frame = 0; frame < 40; frame += 1) {
      estimator.audited({ answered: frame < 4, present: false, probability: 0.04 });
    }
    for (let frame = 0; frame < 1000; frame += 1) {
      estimator.early();
      estimator.certain(false);
    }
    expect(estimator.estimates.falsePositives.rate).toBeCloseTo(0.05, 12);
  });

  test("frames drawn that nobody had time for change neither rate nor coverage", () => {
    let covered = 0;
    let sum = 0;
    const runs = 200;
    for (let run = 0; run < runs; run += 1) {
      const random = mulberry32(run + 1);
      const sampler = new AuditSampler({ share: 0.2, seed: run });
      const estimator = new AuditEstimator();
      for (let frame = 0; frame < 20_000; frame += 1) {
        // Half of them the reference answers: 20 % wrong of the others is 10 % of all.
        if (random() < 0.5) estimator.certain(false);
        else {
          const answered = random() < 0.2;
          const probability = sampler.draw();
          estimator.early();
          if (probability > 0 && random() < 0.1) {
            estimator.audited({ answered, present: false, probability });
          }
        }
      }
      const { rate, low, high } = estimator.estimates.falsePositives;
      sum += rate;
      if (low <= 0.1 && 0.1 <= high) covered += 1;
    }
    // Some 200 audits a run, of deviation 1.4 % each: 0.1 % for the mean of 200 runs.
    expect(Math.abs(sum / runs - 0.1)).toBeLessThan(0.004);
    expect(covered / runs).toBeGreaterThanOrEqual(0.93);
  });

  test("weights undo what the sampling favours, and its intervals cover the truth", () => {
    const errorOf = (doubt: number): number => 0.1 * doubt;
    let covered = 0;
    let sum = 0;
    const runs = 200;
    for (let run = 0; run < runs; run += 1) {
      const random = mulberry32(run + 1);
      const sampler = new AuditSampler({ share: 0.05, emphasis: 0.5, seed: run });
      const estimator = new AuditEstimator();
      for (let frame = 0; frame < 10_000; frame += 1) {
        const doubt = random();
        const answered = random() < errorOf(doubt);
        const probability = sampler.draw(doubt);
        estimator.early();
        if (probability > 0) estimator.audited({ answered, present: false, probability });
      }
      const { rate, low, high } = estimator.estimates.falsePositives;
      sum += rate;
      if (low <= 0.05 && 0.05 <= high) covered += 1;
    }
    // Unweighted, the mean would be 5.8 %: doubtful frames are wrong more often.
    expect(Math.abs(sum / runs - 0.05)).toBeLessThan(0.002);
    expect(covered / runs).toBeGreaterThanOrEqual(0.93);
  });

  test("nothing audited: anything is possible", () => {
    expect(new AuditEstimator().estimates.falseNegatives).toEqual({
      rate: 0,
      low: 0,
      high: 1,
      audited: 0,
      errors: 0,
    });
  });
});

describe("Audit", () => {
  const options = {
    share: 0.05,
    seed: 3,
    fps: 15,
    promise: { falseNegatives: 0.02, falsePositives: 0.01, errorRate: 0.01, presentShare: 0.1 },
  };
  const perDay = 0.05 * 15 * 86_400;
  /** False alarms a day, by the run lengths of the tests and what each of them sees. */
  const alarmsOf = ({ tests }: AuditReport, presentShare = 0.1): number =>
    (presentShare * perDay) / (tests.falseNegatives?.falseAlarmEvery ?? Number.POSITIVE_INFINITY) +
    ((1 - presentShare) * perDay) /
      (tests.falsePositives?.falseAlarmEvery ?? Number.POSITIVE_INFINITY) +
    perDay / (tests.errorRate?.falseAlarmEvery ?? Number.POSITIVE_INFINITY);

  test("names the rate that has risen, until it is armed again", () => {
    const audit = new Audit(options);
    const missed = { answered: false, present: true, probability: 0.05 };
    audit.draw();
    let drift = audit.audited(missed);
    for (let frame = 0; drift === null && frame < 100; frame += 1) drift = audit.audited(missed);
    expect(drift).toBe("falseNegatives");
    expect(audit.report.drift).toBe("falseNegatives");
    const { audited } = audit.report;
    audit.rearm();
    expect(audit.report).toMatchObject({ drift: null, audited });
    expect(audit.report.falseNegatives.rate).toBe(1);
    expect(audit.audited(missed)).toBeNull();
    audit.reset();
    expect(audit.report).toMatchObject({ drift: null, audited: 0 });
    expect(audit.audited({ ...missed, answered: true })).toBeNull();
  });

  test("the tests share the false alarm a day that is allowed, the rarer kind's having more", () => {
    const { report } = new Audit(options);
    expect(alarmsOf(report)).toBeLessThanOrEqual(1);
    expect(alarmsOf(report)).toBeGreaterThan(0.9);
    // A quarter of an alarm a day, nine tenths and one tenth of it, of 0.1 and 0.9 of the frames.
    const { falseNegatives, falsePositives } = report.tests;
    expect(falseNegatives?.falseAlarmEvery).toBeGreaterThanOrEqual((0.1 * perDay) / 0.225);
    expect(falsePositives?.falseAlarmEvery).toBeGreaterThanOrEqual((0.9 * perDay) / 0.025);
  });

  test("errors of both kinds, each as few as its own test lets pass, are noticed together", () => {
    const promise = { ...options.promise, falsePositives: 0.01, presentShare: 0.5 };
    const audit = new Audit({ ...options, promise });
    const { falseNegatives, errorRate } = audit.report.tests;
    const [own, all] = [falseNegatives as CusumDesign, errorRate as CusumDesign];
    // Wrong frames alone, in turns: each kind's own sum has half of them.
    const needed = Math.ceil(all.threshold / all.stepUp);
    expect(Math.ceil(needed / 2) * own.stepUp).toBeLessThan(own.threshold);
    let drift: DriftKind | null = null;
    for (let frame = 0; frame < needed; frame += 1) {
      expect(drift).toBeNull();
      const present = frame % 2 === 0;
      drift = audit.audited({ answered: !present, present, probability: 0.05 });
    }
    expect(drift).toBe("errorRate");
    expect(audit.report.errorRate).toMatchObject({ audited: needed, errors: needed });
  });

  test("a rate that is nearly all errors is not watched, and leaves the others its false alarms", () => {
    const presentShare = 0.01;
    const promise = { falseNegatives: 0.8, falsePositives: 0.01, errorRate: 0.015, presentShare };
    const { report } = new Audit({ ...options, promise });
    expect(report.tests.falseNegatives).toBeNull();
    expect(alarmsOf(report, presentShare)).toBeLessThanOrEqual(1);
    expect(alarmsOf(report, presentShare)).toBeGreaterThan(0.9);
  });

  test("a rate without a test is drift once its interval is beyond the budget, looked at by 64, 128, …", () => {
    const promise = {
      falseNegatives: 0.8,
      falsePositives: 0.01,
      errorRate: 0.9,
      presentShare: 0.5,
    };
    const budget = { falseNegatives: 0.3, falsePositives: 0.3 };
    const shown = (wrong: number, of: number, given: Partial<AuditOptions> = {}) => {
      const audit = new Audit({ ...options, promise, budget, ...given });
      const frames = Array.from({ length: of }, (_, frame) => {
        audit.draw();
        // Of ten so many are wrong, evenly spread.
        const answered = ((frame + 1) * wrong) % 10 >= wrong;
        return audit.audited({ answered, present: true, probability: 0.05 });
      });
      return frames.indexOf("falseNegatives") + 1;
    };
    // 32 of 64 are wrong: 37 to 63 % (Clopper and Pearson).
    expect(shown(5, 200)).toBe(64);
    // 25 of 64: 27 to 52 %; 51 of the next 128: 31 to 49 %.
    expect(shown(4, 200)).toBe(64 + 128);
    expect(shown(3, 5000)).toBe(0);
    // However long all was well: looks end at 64, 192, 448, 960 and every 512 from there on.
    const late = new Audit({ ...options, promise, budget });
    const drifts = Array.from({ length: 3000 }, (_, frame) => {
      late.draw();
      return late.audited({
        answered: frame < 2000 || frame % 2 === 0,
        present: true,
        probability: 0.05,
      });
    });
    expect(drifts.indexOf("falseNegatives") + 1).toBe(960 + 3 * 512);
    const { budget: _, ...without } = { ...options, budget };
    expect(new Audit({ ...without, promise }).report.tests.falseNegatives).toBeNull();
    expect(shown(9, 5000, { budget: { falseNegatives: 1, falsePositives: 1 } })).toBe(0);
  });

  test("where nothing shows the object early there is nothing to miss", () => {
    const promise = { falseNegatives: 1, falsePositives: 0.01, errorRate: 0.01, presentShare: 0 };
    const { tests } = new Audit({ ...options, promise }).report;
    expect(tests.falseNegatives).toBeNull();
    // All errors are false alarms, which two tests watch, the one for hardly any of its own.
    expect(tests.falsePositives?.falseAlarmEvery).toBeGreaterThan(20 * perDay);
    expect(tests.errorRate?.falseAlarmEvery).toBeGreaterThanOrEqual(perDay);
  });
});
