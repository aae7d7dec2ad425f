import { describe, expect, test } from "bun:test";
import { type NetworkStand, NetworksEstimate } from "../../src/learning/networks-estimate.ts";

/** So far, with a loss and nothing known of the AUC where the test asks for neither. */
const at = (share: number, loss = 1, auc: number | null = null): NetworkStand => ({
  share,
  loss,
  auc,
});

describe("NetworksEstimate", () => {
  test("weighs networks by their work", () => {
    const estimate = new NetworksEstimate([1, 1, 2], 2);
    estimate.reach(0, at(0.2), 0);
    estimate.reach(1, at(0.3), 0);
    // (0.2 · 1 + 0.3 · 1 + 0 · 2) of 4.
    expect(estimate.progress.share).toBeCloseTo(0.125, 9);
    estimate.end(0);
    expect(estimate.progress.share).toBeCloseTo(1.3 / 4, 9);
    expect(estimate.progress).toMatchObject({ networks: 3, done: 1 });
  });

  test("lets what waits take the thread that is free first, at the pace of all so far", () => {
    const estimate = new NetworksEstimate([1, 1, 2], 2);
    expect(estimate.progress.leftMs).toBeNull();
    estimate.reach(0, at(0.1), 0);
    estimate.reach(1, at(0.1), 0);
    expect(estimate.progress.leftMs).toBeNull();
    estimate.reach(0, at(0.2), 1000);
    estimate.reach(1, at(0.3), 1000);
    // By itself the first takes 0.8/0.1 = 8 s more, the second 0.7/0.2 = 3.5 s. Together they did 0.3
    // in 2 s of a thread: the third takes 2/0.15 = 13.333 s, after the second.
    expect(estimate.progress.leftMs).toBeCloseTo(16_833.3, 0);
  });

  test("counts one that was kept or ended early as done, and not into the pace", () => {
    const estimate = new NetworksEstimate([1, 1], 1);
    estimate.end(0);
    expect(estimate.progress).toEqual({
      ...{ share: 0.5, networks: 2, done: 1, leftMs: null },
      ...{ loss: null, auc: null },
    });
    estimate.reach(1, at(0), 5000);
    estimate.reach(1, at(0.5), 7000);
    expect(estimate.progress.leftMs).toBeCloseTo(2000, 6);
    estimate.end(1);
    expect(estimate.progress).toEqual({
      ...{ share: 1, networks: 2, done: 2, leftMs: 0 },
      ...{ loss: null, auc: null },
    });
  });

  test("begins again with a network that has collapsed", () => {
    const estimate = new NetworksEstimate([1], 1);
    estimate.reach(0, at(0.1), 0);
    estimate.reach(0, at(0.9), 8000);
    estimate.reach(0, at(0.1), 9000);
    expect(estimate.progress).toMatchObject({ share: 0.1, leftMs: null });
    estimate.reach(0, at(0.2), 10_000);
    expect(estimate.progress.leftMs).toBeCloseTo(8000, 6);
  });

  test("tells the mean loss of those being trained, and the mean AUC after their last epochs", () => {
    const estimate = new NetworksEstimate([1, 1, 1], 2);
    expect(estimate.progress).toMatchObject({ loss: null, auc: null });
    estimate.reach(0, at(0.1, 0.5), 0);
    estimate.reach(1, at(0.1, 0.25), 0);
    expect(estimate.progress).toMatchObject({ loss: 0.375, auc: null });
    estimate.reach(1, at(0.2, 0.125, 0.75), 1000);
    expect(estimate.progress).toMatchObject({ loss: 0.3125, auc: 0.75 });
    // Within the next epoch the last one's AUC holds.
    estimate.reach(1, at(0.3, 0.5), 2000);
    estimate.reach(0, at(0.2, 0.5, 0.5), 2000);
    expect(estimate.progress).toMatchObject({ loss: 0.5, auc: 0.625 });
    estimate.end(1);
    expect(estimate.progress).toMatchObject({ loss: 0.5, auc: 0.5 });
    // Begun again, it knows nothing.
    estimate.reach(0, at(0.1, 0.75), 3000);
    expect(estimate.progress).toMatchObject({ loss: 0.75, auc: null });
    estimate.end(0);
    expect(estimate.progress).toMatchObject({ loss: null, auc: null });
  });
});
