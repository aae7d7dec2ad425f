import { describe, expect, test } from "bun:test";
import { busyNote, chooseAgainst } from "../../src/schedule/noisy-choice.ts";
import { candidate } from "./sample-calibration.ts";

const CPU = "cpu:threads=1:replicas=2";
const BOTH = "cpu:threads=1:replicas=1,gpu:replicas=1";

describe("chooseAgainst()", () => {
  test("of figures of a busy machine takes what is usual, though another mean is higher", () => {
    const candidates = [
      candidate(CPU, { fps: [38, 40], instances: 2 }),
      candidate(BOTH, { fps: [44, 73], instances: 2 }),
    ];
    const { candidate: chosen, noise } = chooseAgainst(CPU, candidates, "throughput");
    expect(chosen?.devices).toBe(CPU);
    expect(noise).toBeCloseTo(73 / 44, 9);
  });

  test("what is usual gives way to what clearly beats it, however busy the machine is", () => {
    // 140 − 40 is more than √(42² + 12²) = 43.7.
    const candidates = [candidate(CPU, { fps: [40, 12] }), candidate(BOTH, { fps: [140, 42] })];
    expect(chooseAgainst(CPU, candidates, "throughput").candidate?.devices).toBe(BOTH);
  });

  test("on a quiet machine the better mean is better", () => {
    const candidates = [candidate(CPU, { fps: [100, 8] }), candidate(BOTH, { fps: [104, 8] })];
    expect(chooseAgainst(CPU, candidates, "throughput").candidate?.devices).toBe(BOTH);
    expect(chooseAgainst(CPU, candidates, "throughput", true).candidate?.devices).toBe(CPU);
  });

  test("the noise of what is usual counts as well", () => {
    const candidates = [candidate(CPU, { fps: [38, 20] }), candidate(BOTH, { fps: [44, 1] })];
    expect(chooseAgainst(CPU, candidates, "throughput").candidate?.devices).toBe(CPU);
  });

  test("latency is treated alike", () => {
    const usual = candidate(CPU, { fps: [90, 1], ms: [22, 8] });
    const quick = candidate("cpu:threads=2:replicas=1", { fps: [70, 1], ms: [18, 9] });
    expect(chooseAgainst(CPU, [usual, quick], "latency").candidate?.devices).toBe(CPU);
  });

  test("where what is usual was not measured, the best is taken", () => {
    const candidates = [candidate(BOTH, { fps: [44, 73] })];
    expect(chooseAgainst(CPU, candidates, "throughput").candidate?.devices).toBe(BOTH);
    expect(chooseAgainst(CPU, [], "throughput")).toEqual({ candidate: undefined, noise: null });
  });
});

test("busyNote() says how uncertain the figures of a busy machine are", () => {
  expect(busyNote({ noise: 0.6 })).toContain("uncertain by 60 %");
  expect(busyNote({ noise: 0.2 })).toBeNull();
  expect(busyNote({ noise: null })).toBeNull();
});
