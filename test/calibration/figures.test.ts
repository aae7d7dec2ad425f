import { describe, expect, test } from "bun:test";
import { parseDevices } from "../../src/backend/device-spec.ts";
import { variantsOf } from "../../src/calibration/combination.ts";
import { CombinationTrials, candidatesOf, serviceFigures } from "../../src/calibration/figures.ts";
import { fakeTrial } from "./fake-devices.ts";

describe("serviceFigures()", () => {
  test("mean, spread and nearest-rank percentiles over all lists", () => {
    const figures = serviceFigures([Float64Array.of(4, 1), Float64Array.of(3, 2)]);
    // Of 1, 2, 3, 4: s² = 5/3.
    expect(figures.mean).toBe(2.5);
    expect(figures.cv).toBeCloseTo(Math.sqrt(5 / 3) / 2.5, 9);
    expect(figures).toMatchObject({ p50: 2, p95: 4, p99: 4 });
  });

  test("one frame has no spread", () => {
    expect(serviceFigures([Float64Array.of(7)])).toEqual({
      mean: 7,
      cv: 0,
      p50: 7,
      p95: 7,
      p99: 7,
    });
  });
});

describe("candidatesOf()", () => {
  const [sim, slow] = variantsOf(parseDevices("sim:10ms,sim:40ms"), { cores: 2, lone: [] });
  if (sim === undefined || slow === undefined) throw new Error("two variants");

  test("adds the instances' rates, and numbers them as a run does", () => {
    const trials = new CombinationTrials([
      { variant: sim, replicas: 2 },
      { variant: slow, replicas: 1 },
    ]);
    for (const round of [0, 1, 2]) {
      trials.add(round, [fakeTrial("sim", 10), fakeTrial("sim", 10), fakeTrial("sim", 40)]);
    }
    const [candidate] = candidatesOf([trials], false);
    expect(candidate?.devices).toBe("sim:10ms:replicas=2,sim:40ms:replicas=1");
    expect(candidate?.throughput_fps.mean).toBeCloseTo(225, 6);
    expect(candidate?.memory_mb).toBe(30);
    expect(candidate?.instances.map(({ id, throughput_fps }) => [id, throughput_fps])).toEqual([
      ["sim-0", 100],
      ["sim-1", 100],
      ["sim-2", 25],
    ]);
    expect(candidate?.instances[2]?.stages_ms).toEqual({
      preprocess: 1,
      inference: 38,
      postprocess: 1,
    });
    // Two of three frames take 10 ms.
    expect(candidate?.latency_ms).toMatchObject({ mean: 20, p50: 10, p95: 40 });
  });

  test("frames of a batch count one by one, and each waits for its call", () => {
    const trials = new CombinationTrials([
      { variant: { ...sim, batch: 4 }, replicas: 1 },
      { variant: slow, replicas: 1 },
    ]);
    trials.add(0, [fakeTrial("sim", 10, 4), fakeTrial("sim", 40)]);
    const [candidate] = candidatesOf([trials], false);
    // 4 frames in 10 ms, and 1 in 40.
    expect(candidate?.throughput_fps.mean).toBeCloseTo(425, 6);
    const [four, one] = candidate?.instances ?? [];
    expect(four).toMatchObject({ batch: 4, batch_cost: 0.25, throughput_fps: 400 });
    expect(four?.service_ms.mean).toBe(10);
    expect(one).toMatchObject({ batch: 1, batch_cost: 1, throughput_fps: 25 });
    // A hundred calls each: 400 frames waited for 10 ms, 100 for 40.
    expect(candidate?.latency_ms).toMatchObject({ mean: 16, p50: 10, p95: 40 });
  });
});
