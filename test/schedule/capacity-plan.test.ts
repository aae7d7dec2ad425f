import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Combination } from "../../src/schedule/capacity.ts";
import { limitOf, type PlanOptions, planCapacity } from "../../src/schedule/capacity-plan.ts";

// Each answer takes many simulated minutes.
setDefaultTimeout(30_000);

const combination = (devices: string, ...timesMs: readonly number[]): Combination => ({
  devices,
  instances: timesMs.map((serviceMs, index) => ({
    id: `sim-${index}`,
    serviceMs,
    cv: 0,
    processorMs: 0,
  })),
  memoryBytes: 0,
});

const options: PlanOptions = {
  combinations: [combination("slow", 40), combination("pair", 25, 25), combination("quick", 18)],
  camera: {
    decodeMs: 0,
    pacedDecodeMs: 0,
    decoderStartMs: 0,
    rhythm: [1],
    readMs: 0,
    memoryBytes: 0,
    pictureBytes: 1000,
  },
  demand: { fps: 10, latencyMs: null },
  room: { cores: 2, memoryBytes: 8e9, handoverMs: 0.2, seatsPerDevice: 4 },
  cameras: null,
};

describe("planCapacity()", () => {
  test("takes the combination that serves the most cameras", () => {
    // 25, 80 and 55 frames a second.
    const plan = planCapacity(options);
    expect(plan.combination.devices).toBe("pair");
    expect(plan.capacity).toEqual({ cameras: 7, limit: "inference" });
    expect(plan.expectation.cameras).toBe(7);
    expect(plan.headroom).toBeCloseTo(1 - 70 / 80, 1);
    expect(limitOf(plan)).toBe("inference");
  });

  test("takes the lower latency among those that serve as many", () => {
    const combinations = [combination("pair", 25, 25), combination("one", 12.5)];
    const plan = planCapacity({ ...options, combinations, cameras: 2 });
    expect(plan.combination.devices).toBe("one");
    expect(plan.expectation).toMatchObject({ cameras: 2, limit: null });
  });

  test("names the bound of a latency that no device keeps", () => {
    const plan = planCapacity({ ...options, demand: { fps: 10, latencyMs: 10 } });
    expect(plan.capacity.cameras).toBe(0);
    expect(plan.latencyBoundMs).toBe(18);
    expect(planCapacity(options).latencyBoundMs).toBeNull();
  });

  test("names the latency of a single camera where that is above the one asked for", () => {
    const combinations = [combination("quick", 18)];
    const demand = { fps: 10, latencyMs: 18 };
    const plan = planCapacity({ ...options, combinations, demand, cameras: 2 });
    expect(plan.capacity).toEqual({ cameras: 0, limit: "latency" });
    // 18 ms, and 0.2 ms until the frame is handed over.
    expect(plan.latencyBoundMs).toBeCloseTo(18.2, 1);
    const kept = { ...options, combinations, demand: { fps: 10, latencyMs: 19 } };
    expect(planCapacity(kept).latencyBoundMs).toBeNull();
  });

  test("needs a combination", () => {
    expect(() => planCapacity({ ...options, combinations: [] })).toThrow(RangeError);
  });
});
