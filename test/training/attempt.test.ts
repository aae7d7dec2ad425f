import { describe, expect, test } from "bun:test";
import { cameraPictures } from "../../bench/camera-pictures.ts";
import { type Architecture, layerPlan } from "../../src/training/architectures.ts";
import { type AttemptOptions, runAttempt } from "../../src/training/attempt.ts";
import { TrainingStopped } from "../../src/training/epochs.ts";
import { DEFAULT_SETTINGS, type TrainingSettings } from "../../src/training/options.ts";
import { pictureStatistics } from "../../src/training/picture-statistics.ts";

const SIDE = 32;
const ARCHITECTURE: Architecture = { side: SIDE, filters: 4, layers: 2, dense: 8, firstStride: 2 };
const training = cameraPictures({ count: 100, side: SIDE, presentShare: 0.4, seed: 1 });
const validation = cameraPictures({ count: 60, side: SIDE, presentShare: 0.4, seed: 2 });

function attempt(settings: Partial<TrainingSettings>, more: Partial<AttemptOptions> = {}) {
  return runAttempt({
    task: {
      ...{ architecture: ARCHITECTURE, training, validation },
      settings: { ...DEFAULT_SETTINGS, ...settings },
    },
    statistics: pictureStatistics(training),
    ...{ attempt: 1, seed: 1, onProgress: () => {}, isStopped: () => false },
    ...more,
  });
}

describe("runAttempt()", () => {
  test("ends `patience` epochs after the best, whose parameters it keeps", () => {
    // A hundred pictures are soon learnt by heart.
    const { history, bestEpoch, parameters } = attempt({ epochs: 200, patience: 2 });
    expect(history.length).toBeLessThan(200);
    expect(history.length).toBe(bestEpoch + 2);
    // The schedule is that of 200 epochs in both, so the same steps lead to the same parameters.
    const again = attempt({ epochs: 200, patience: 200 }, { isStopped: () => false });
    expect(again.history.slice(0, history.length)).toEqual([...history]);
    expect(parameters).toHaveLength(layerPlan(ARCHITECTURE).parameterCount);
  }, 60_000);

  test("sees that a network is dead: with weights of zero no unit learns", () => {
    const parameters = new Float32Array(layerPlan(ARCHITECTURE).parameterCount);
    const { isCollapsed, history } = attempt({ epochs: 5 }, { parameters });
    expect(isCollapsed).toBe(true);
    // All scores are equal: there is nothing to wait for.
    expect(history.map(({ auc }) => auc)).toEqual([0.5]);
  });

  test("sees that a network knows no numbers any more", () => {
    const parameters = new Float32Array(layerPlan(ARCHITECTURE).parameterCount).fill(1e30);
    expect(attempt({ epochs: 5 }, { parameters }).isCollapsed).toBe(true);
  });

  test("is stopped before the next step", () => {
    let asked = 0;
    const isStopped = (): boolean => {
      asked += 1;
      return asked === 3;
    };
    expect(() => attempt({}, { isStopped })).toThrow(TrainingStopped);
    expect(asked).toBe(3);
  });
});
