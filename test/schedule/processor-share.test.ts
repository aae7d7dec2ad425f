import { describe, expect, test } from "bun:test";
import { type InstanceCost, rateOf, shareProcessor } from "../../src/schedule/processor-share.ts";

/** One-thread replicas of 20 ms on a core each. */
const replicas = (count: number): InstanceCost[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `cpu-${index}`,
    serviceMs: 20,
    cv: 0,
    processorMs: 20,
  }));

describe("shareProcessor()", () => {
  test("leaves times alone without cameras", () => {
    const shared = shareProcessor(replicas(2), { cores: 2, fps: 100, ingestMs: 0 });
    expect(shared?.map(({ serviceMs }) => serviceMs)).toEqual([20, 20]);
  });

  test("conserves processor time at saturation: 2 cores / (20 + 5 ms) are 80 frames a second", () => {
    const shared = shareProcessor(replicas(2), { cores: 2, fps: 80, ingestMs: 5 }) ?? [];
    // 0.4 cores decode, 1.6 are left for 2 threads: 20 · 2 / 1.6.
    for (const { serviceMs } of shared) expect(serviceMs).toBeCloseTo(25, 3);
    expect(rateOf(shared.map(({ serviceMs }) => serviceMs))).toBeCloseTo(80, 2);
  });

  test("the threads of a frame wait for each other: a burst on one core stops both of them", () => {
    const both: InstanceCost = { id: "cpu-0", serviceMs: 12, cv: 0, processorMs: 24 };
    // Each of two cores decodes for 0.2 of the time, and both are free for 0.8²: 12 / 0.64.
    const [shared] = shareProcessor([both], { cores: 2, fps: 80, ingestMs: 5 }) ?? [];
    expect(shared?.serviceMs).toBeCloseTo(18.75, 3);
    // On four cores the bursts find others.
    const [free] = shareProcessor([both], { cores: 4, fps: 80, ingestMs: 5 }) ?? [];
    expect(free?.serviceMs).toBe(12);
  });

  test("adds the bursts of decoders to the spread: 5 ms more by bursts of 5 ms have variance 25", () => {
    const [shared] = shareProcessor(replicas(2), { cores: 2, fps: 80, ingestMs: 5 }) ?? [];
    expect(shared?.cv).toBeCloseTo(Math.sqrt(5 * 5) / 25, 3);
  });

  test("lets decoders have the cores that inference leaves idle", () => {
    // One thread and half a core of decoding on two cores.
    const [shared] = shareProcessor(replicas(1), { cores: 2, fps: 50, ingestMs: 10 }) ?? [];
    expect(shared?.serviceMs).toBe(20);
  });

  test("slows one replica by how often the other is at work", () => {
    // At 40 frames a second both are busy for u of the time. 0.4 cores decode; with the other at
    // work a frame takes 2 / 1.6 = 1.25 times as long: T = 20 (1 + u/4), and u = 40 T / 2000.
    // So T = 20 + 0.1 T: T = 22.2 ms.
    const [shared] = shareProcessor(replicas(2), { cores: 2, fps: 40, ingestMs: 10 }) ?? [];
    expect(shared?.serviceMs).toBeCloseTo(20 / 0.9, 3);
  });

  test("touches only the part of a frame that the processor computes", () => {
    const gpu: InstanceCost = { id: "gpu-0", serviceMs: 10, cv: 0.2, processorMs: 0 };
    const shared = shareProcessor([gpu, ...replicas(2)], { cores: 2, fps: 300, ingestMs: 5 });
    expect(shared?.[0]).toEqual({ serviceMs: 10, cv: 0.2 });
  });

  test("is null where decoding alone needs every core: 400 · 5 ms a second are 2 cores", () => {
    expect(shareProcessor(replicas(2), { cores: 2, fps: 400, ingestMs: 5 })).toBeNull();
    expect(shareProcessor(replicas(2), { cores: 2, fps: 399, ingestMs: 5 })).not.toBeNull();
  });

  test("takes many equal instances in no time, and devices that take none", () => {
    const many = shareProcessor(replicas(64), { cores: 64, fps: 1600, ingestMs: 4 });
    expect(many).toHaveLength(64);
    const instant = { id: "sim-0", serviceMs: 0, cv: 0, processorMs: 0 };
    expect(shareProcessor([instant], { cores: 1, fps: 10, ingestMs: 1 })).toEqual([
      { serviceMs: 0, cv: 0 },
    ]);
  });
});
