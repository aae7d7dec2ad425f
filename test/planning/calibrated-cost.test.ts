import { describe, expect, test } from "bun:test";
import { calibratedCombinations } from "../../src/planning/calibrated-cost.ts";
import {
  CALIBRATION_FORMAT,
  type Calibration,
  type Candidate,
} from "../../src/schedule/calibration.ts";

const service = (mean: number): Candidate["latency_ms"] => ({
  mean,
  cv: 0.1,
  p50: mean,
  p95: mean,
  p99: mean,
  interval: { mean, low: mean, high: mean },
});

/** A candidate of instances of one service time, 1 ms of it around the inference. */
function candidate(
  devices: string,
  ids: readonly string[],
  given: { readonly ms: number; readonly fps?: number; readonly batch?: number },
): Candidate {
  const { ms, fps = 100, batch = 1 } = given;
  return {
    devices,
    decoding: false,
    instances: ids.map((id) => ({
      id,
      kind: id.slice(0, -2),
      batch,
      batch_cost: batch === 1 ? 1 : 0.5,
      service_ms: service(ms),
      stages_ms: { preprocess: 0.75, inference: ms - 1, postprocess: 0.25 },
      throughput_fps: fps / ids.length,
      memory_mb: 10,
    })),
    throughput_fps: { mean: fps, low: fps, high: fps },
    failed_share: 0,
    latency_ms: service(ms),
    memory_mb: 20,
  };
}

function calibration(candidates: readonly Candidate[], decodeMs: number | null): Calibration {
  return {
    format: CALIBRATION_FORMAT,
    key: {
      platform: "linux x64",
      cpu: "a processor",
      cores: 2,
      devices: [],
      model_sha256: null,
      input_size: null,
      onnx_runtime: null,
      aip: "0",
      layout: "0",
    },
    measured_at: "2026-01-01T00:00:00.000Z",
    quick: false,
    goal: "throughput",
    chosen: { throughput: "cpu", latency: "cpu" },
    candidates,
    left_out: [],
    decode:
      decodeMs === null
        ? null
        : {
            source: "clip",
            width: 1,
            height: 1,
            ingest: "native",
            cpu_ms: decodeMs,
            cpu_ms_per_megapixel: 1,
            throughput_fps: 1,
          },
    noise: null,
    base_memory_mb: 80,
    frame: { width: 1, height: 1 },
  };
}

const machine = { cores: 2, softwareKinds: ["gpu"] };

describe("calibratedCombinations()", () => {
  test("a thread holds its core for the whole frame; other chips only around the inference", () => {
    const both = candidate("cpu:threads=2:replicas=1,ane", ["cpu-0", "ane-0"], { ms: 20 });
    const [combination] = calibratedCombinations(calibration([both], null), machine);
    expect(combination).toEqual({
      devices: "cpu:threads=2:replicas=1,ane",
      instances: [
        { id: "cpu-0", serviceMs: 20, cv: 0.1, batch: 1, batchCost: 1, processorMs: 40 },
        { id: "ane-0", serviceMs: 20, cv: 0.1, batch: 1, batchCost: 1, processorMs: 1 },
      ],
      memoryBytes: 100 * 2 ** 20,
    });
  });

  test("more threads than cores have no more processor time than there is", () => {
    const crowded = candidate("cpu:threads=1:replicas=4", ["cpu-0", "cpu-1", "cpu-2", "cpu-3"], {
      ms: 40,
    });
    const [combination] = calibratedCombinations(calibration([crowded], null), machine);
    // Four frames of 40 ms at once on two cores: 20 ms each.
    expect(combination?.instances.map(({ processorMs }) => processorMs)).toEqual([20, 20, 20, 20]);
    expect(combination?.instances.map(({ serviceMs }) => serviceMs)).toEqual([20, 20, 20, 20]);
  });

  test("times that spread because threads take turns do not spread their own", () => {
    const own = candidate("cpu:threads=1:replicas=2", ["cpu-0", "cpu-1"], { ms: 20 });
    const turns = candidate("cpu:threads=1:replicas=3", ["cpu-0", "cpu-1", "cpu-2"], { ms: 30 });
    const spread = turns.instances.map((one) => ({
      ...one,
      service_ms: { ...one.service_ms, cv: 0.4 },
    }));
    const both = calibratedCombinations(
      calibration([own, { ...turns, instances: spread }], null),
      machine,
    );
    expect(both[1]?.instances.map(({ cv }) => cv)).toEqual([0.1, 0.1, 0.1]);
  });

  test("a GPU that the processor computes holds all its cores", () => {
    const software = candidate("gpu", ["gpu-0"], { ms: 300 });
    const [combination] = calibratedCombinations(calibration([software], null), machine);
    expect(combination?.instances[0]?.processorMs).toBe(600);
  });

  test("what a decoder beside the trial took is taken off", () => {
    // 80 frames a second, each decoded in 5 ms: 0.4 of 2 cores; 25 ms were 20 ms without.
    const beside = candidate("cpu:replicas=2", ["cpu-0", "cpu-1"], { ms: 25, fps: 80 });
    const [combination] = calibratedCombinations(
      calibration([{ ...beside, decoding: true }], 5),
      machine,
    );
    expect(combination?.instances[0]?.serviceMs).toBeCloseTo(20, 9);
    expect(combination?.instances[0]?.processorMs).toBeCloseTo(20, 9);
  });

  test("other chips' calls take the processor for every frame", () => {
    const batched = candidate("ane:batch=4", ["ane-0"], { ms: 50, batch: 4 });
    const [combination] = calibratedCombinations(calibration([batched], null), machine);
    // 1 ms a frame, of the 12.5 ms that each of a full call's takes: 1.6 of a single one's 20.
    expect(combination?.instances[0]).toMatchObject({ serviceMs: 20, processorMs: 1.6 });
  });

  test("a call of several frames tells what a single one takes", () => {
    const batched = candidate("cpu:batch=4:replicas=1", ["cpu-0"], { ms: 50, batch: 4 });
    const [combination] = calibratedCombinations(calibration([batched], null), machine);
    // 1 + 3 · 0.5 = 2.5 times a single frame's 20 ms, each of them on one of the cores.
    expect(combination?.instances).toEqual([
      { id: "cpu-0", serviceMs: 20, cv: 0.1, batch: 4, batchCost: 0.5, processorMs: 20 },
    ]);
  });
});
