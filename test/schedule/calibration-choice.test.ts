import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  chooseCandidate,
  isClearlyHigher,
  isHigher,
  throughputBoundFps,
} from "../../src/schedule/calibration-choice.ts";
import { candidate, type SampleFigures } from "./sample-calibration.ts";

const choose = (
  goal: "throughput" | "latency",
  ...given: readonly (readonly [string, SampleFigures])[]
): string | undefined =>
  chooseCandidate(
    given.map(([devices, figures]) => candidate(devices, figures)),
    goal,
  )?.devices;

describe("isHigher()", () => {
  const interval = (mean: number, half: number) => ({ mean, low: mean - half, high: mean + half });

  test("a difference within both intervals together is noise", () => {
    // √(3² + 4²) = 5
    expect(isClearlyHigher(interval(106, 3), interval(100, 4))).toBe(true);
    expect(isClearlyHigher(interval(104, 3), interval(100, 4))).toBe(false);
  });

  test("a difference of more than 2 % is never called noise", () => {
    expect(isHigher(interval(104, 3), interval(100, 4))).toBe(true);
    expect(isHigher(interval(101.9, 3), interval(100, 4))).toBe(false);
  });
});

describe("chooseCandidate() for throughput", () => {
  test("keeps a replica that raises throughput by more than noise", () => {
    const one = ["cpu:replicas=1", { fps: [50, 0.5] }] as const;
    const two = ["cpu:replicas=2", { fps: [95, 0.5], instances: 2 }] as const;
    expect(choose("throughput", one, two)).toBe("cpu:replicas=2");
  });

  test("drops a replica that does not: a saturated device", () => {
    const one = ["gpu:replicas=1", { fps: [20, 0.3] }] as const;
    const two = ["gpu:replicas=2", { fps: [20.2, 0.3], ms: [100, 1], instances: 2 }] as const;
    const three = ["gpu:replicas=3", { fps: [20.1, 0.3], ms: [150, 1], instances: 3 }] as const;
    expect(choose("throughput", three, two, one)).toBe("gpu:replicas=1");
  });

  test("takes devices together only where they are better than the better one alone", () => {
    const cpu = ["cpu", { fps: [94, 0.4], instances: 2 }] as const;
    const gpu = ["gpu", { fps: [2, 0.1] }] as const;
    const slowed = ["cpu,gpu", { fps: [90, 0.4], instances: 3 }] as const;
    const helped = ["cpu,gpu", { fps: [97, 0.4], instances: 3 }] as const;
    expect(choose("throughput", cpu, gpu, slowed)).toBe("cpu");
    expect(choose("throughput", cpu, gpu, helped)).toBe("cpu,gpu");
  });

  test("keeps a larger batch only where it clearly brings more", () => {
    const single = ["gpu:batch=1", { fps: [50, 3] }] as const;
    // √(3² + 3²) = 4.2 is noise, though it is more than 2 %.
    expect(choose("throughput", single, ["gpu:batch=2", { fps: [54, 3], batch: 2 }])).toBe(
      "gpu:batch=1",
    );
    expect(choose("throughput", single, ["gpu:batch=2", { fps: [55, 3], batch: 2 }])).toBe(
      "gpu:batch=2",
    );
    // A quarter is never called noise; a fifth may be.
    const noisy = ["gpu:batch=1", { fps: [50, 30] }] as const;
    const quarter = ["gpu:batch=2", { fps: [63, 30], batch: 2 }] as const;
    const fifth = ["gpu:batch=2", { fps: [60, 30], batch: 2 }] as const;
    expect([choose("throughput", noisy, quarter), choose("throughput", noisy, fifth)]).toEqual([
      "gpu:batch=2",
      "gpu:batch=1",
    ]);
    // As good with two instances as with calls of four: frames wait less.
    const two = ["gpu:replicas=2", { fps: [100, 1], instances: 2 }] as const;
    const four = ["gpu:batch=4", { fps: [100.5, 1], batch: 4 }] as const;
    expect(choose("throughput", single, two, four)).toBe("gpu:replicas=2");
  });

  test("what noise hides of larger calls hides nothing of smaller ones", () => {
    const one = ["cpu:batch=1:replicas=1", { fps: [37, 13] }] as const;
    const two = ["cpu:batch=1:replicas=2", { fps: [44, 13], instances: 2 }] as const;
    const four = ["cpu:batch=4:replicas=2", { fps: [45, 13], instances: 2, batch: 4 }] as const;
    expect(choose("throughput", one, two, four)).toBe("cpu:batch=1:replicas=2");
  });

  test("of equally small ones takes the faster", () => {
    expect(choose("throughput", ["a", { fps: [49, 2] }], ["b", { fps: [50, 2] }])).toBe("b");
  });

  test("is never more than 2 % below the best mean, however noisy the figures are", () => {
    const figures = fc.record({
      fps: fc.tuple(
        fc.double({ min: 1, max: 1000, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
      instances: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(fc.array(figures, { minLength: 1, maxLength: 12 }), (list) => {
        const candidates = list.map(({ fps: [mean, share], instances }, index) =>
          candidate(`c${index}`, { fps: [mean, mean * share], instances }),
        );
        const best = Math.max(...candidates.map((one) => one.throughput_fps.mean));
        const chosen = chooseCandidate(candidates, "throughput");
        expect((chosen?.throughput_fps.mean ?? 0) * 1.02).toBeGreaterThanOrEqual(best * 0.9999);
      }),
    );
  });
});

describe("chooseCandidate() for latency", () => {
  test("takes the quickest, whatever its throughput", () => {
    const threads = ["cpu:threads=2", { fps: [74, 1], ms: [13.5, 0.2] }] as const;
    const replicas = ["cpu:replicas=2", { fps: [95, 1], ms: [21, 0.2], instances: 2 }] as const;
    expect(choose("latency", threads, replicas)).toBe("cpu:threads=2");
  });

  test("takes no larger call, even one that looks quicker", () => {
    const single = ["gpu:batch=1", { fps: [50, 1], ms: [20, 5] }] as const;
    const two = ["gpu:batch=2", { fps: [90, 1], ms: [15, 5], batch: 2 }] as const;
    expect(choose("latency", single, two)).toBe("gpu:batch=1");
  });

  test("of equally quick ones takes the one of more frames a second", () => {
    const one = ["ane:replicas=1", { fps: [300, 2], ms: [3.3, 0.1] }] as const;
    const two = ["ane:replicas=2", { fps: [600, 2], ms: [3.35, 0.1], instances: 2 }] as const;
    expect(choose("latency", one, two)).toBe("ane:replicas=2");
  });
});

test("chooseCandidate() of nothing is nothing", () => {
  expect(chooseCandidate([], "throughput")).toBeUndefined();
  expect(chooseCandidate([], "latency")).toBeUndefined();
});

describe("throughputBoundFps()", () => {
  // One frame: 10 ms on the way to the device, 50 ms on it.
  test.each([
    [1, 1000 / 60],
    [2, 20],
    [3, 20],
  ])("%d replicas: min(k / ΣD, 1 / Dmax)", (replicas, expected) => {
    expect(throughputBoundFps(replicas, [10, 50])).toBeCloseTo(expected, 9);
  });
});
