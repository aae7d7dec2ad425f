import { describe, expect, test } from "bun:test";
import { cameraPictures } from "../../bench/camera-pictures.ts";
import type { Architecture } from "../../src/training/architectures.ts";
import { areaUnderCurve } from "../../src/training/auc.ts";
import { NetworkScorer } from "../../src/training/network-scorer.ts";
import type { TrainingProgress } from "../../src/training/progress.ts";
import { type TrainOptions, trainNetwork } from "../../src/training/train.ts";

const SIDE = 32;
const ARCHITECTURE: Architecture = { side: SIDE, filters: 8, layers: 2, dense: 16, firstStride: 2 };

function pictures(count: number, seed: number) {
  return cameraPictures({ count, side: SIDE, presentShare: 0.5, seed });
}

const training = pictures(600, 1);
const validation = pictures(300, 2);
const options: TrainOptions = { architecture: ARCHITECTURE, training, validation, epochs: 3 };

describe("trainNetwork()", () => {
  test("learns what a picture shows, also in pictures it has never seen", async () => {
    const progress: TrainingProgress[] = [];
    const { model, history, bestEpoch, restarts, ...network } = await trainNetwork({
      ...options,
      epochs: 8,
      onProgress: (each) => progress.push(each),
    });
    expect(restarts).toBe(0);
    expect(network.validation.auc).toBe(history[bestEpoch - 1]?.auc as number);
    expect(history[0]?.loss).toBeGreaterThan(history.at(-1)?.loss as number);
    const later = pictures(300, 3);
    const scores = new Float32Array(300);
    const scorer = new NetworkScorer(model, { batchMax: 7 });
    expect(scorer.side).toBe(SIDE);
    scorer.score(later.images, 300, scores);
    scorer.close();
    expect(areaUnderCurve(scores, later.labels)).toBeGreaterThan(0.65);
    const ends = progress.filter(({ share }) => share === 1);
    expect(ends.map(({ epoch }) => epoch)).toEqual(history.map(({ epoch }) => epoch));
    expect(ends.map(({ validation: v }) => v?.auc)).toEqual(history.map(({ auc }) => auc));
  });

  test("gives equal networks for equal seeds, bit by bit, and others for others", async () => {
    const [one, same, other] = await Promise.all([
      trainNetwork(options),
      trainNetwork(options),
      trainNetwork({ ...options, seed: 2 }),
    ]);
    expect(Buffer.from(same.model).equals(Buffer.from(one.model))).toBe(true);
    expect(same.validation.scores).toEqual(one.validation.scores);
    expect(Buffer.from(other.model).equals(Buffer.from(one.model))).toBe(false);
  });

  test("begins again from another seed where the network collapses", async () => {
    // Two dense units are soon dead, and with this seed they are: every picture scores the same.
    const narrow = { ...ARCHITECTURE, filters: 4, dense: 2 };
    const {
      restarts,
      seed,
      history,
      validation: seen,
    } = await trainNetwork({
      ...options,
      architecture: narrow,
      seed: 3,
      epochs: 6,
    });
    expect(restarts).toBe(1);
    expect(seed).not.toBe(3);
    expect(
      Math.max(...history.filter((each) => each.attempt === 1).map((e) => e.auc)),
    ).toBeLessThan(0.6);
    expect(seen.auc).toBeGreaterThan(0.6);
  });

  test("ends within a step when it is aborted, and says why", async () => {
    const abort = new AbortController();
    const why = new Error("the user has seen enough");
    const trained = trainNetwork({
      ...options,
      epochs: 10_000,
      patience: 10_000,
      signal: abort.signal,
      onProgress: () => abort.abort(why),
    });
    expect(await trained.catch((reason: unknown) => reason)).toBe(why);
    const before = trainNetwork({ ...options, signal: AbortSignal.abort(why) });
    expect(await before.catch((reason: unknown) => reason)).toBe(why);
  });

  test("refuses pictures that show the object always, or never", () => {
    const never = { images: validation.images, labels: validation.labels.map(() => 0) };
    expect(trainNetwork({ ...options, validation: never })).rejects.toThrow(
      "Cannot train a network: none of the 300 validation pictures shows the object; both kinds",
    );
    const always = { images: training.images, labels: training.labels.map(() => 1) };
    expect(trainNetwork({ ...options, training: always })).rejects.toThrow(
      "Cannot train a network: each of the 600 training pictures shows the object",
    );
  });

  test.each([
    [{ epochs: 0 }, "epochs must be a whole number of at least 1, not 0"],
    [{ batch: 1.5 }, "batch must be a whole number"],
    [{ learningRate: 2 }, "learningRate must be above 0 and below 1, not 2"],
    [{ warmUpShare: 1 }, "warmUpShare must be at least 0 and below 1, not 1"],
    [{ architecture: { ...ARCHITECTURE, side: 33 } }, "the training pictures have 1843200 bytes"],
  ])("refuses %o", (change, message) => {
    expect(trainNetwork({ ...options, ...change })).rejects.toThrow(message);
  });

  test("an error in the progress callback reaches the caller", () => {
    const trained = trainNetwork({
      ...options,
      onProgress: () => {
        throw new TypeError("no room to print");
      },
    });
    expect(trained).rejects.toThrow("no room to print");
  });
});
