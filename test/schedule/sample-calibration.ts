import {
  CALIBRATION_FORMAT,
  type Calibration,
  type CalibrationKey,
  type Candidate,
} from "../../src/schedule/calibration.ts";

/** Throughput and latency as mean and half of the interval. */
export interface SampleFigures {
  readonly fps: readonly [mean: number, half: number];
  readonly ms?: readonly [mean: number, half: number];
  readonly instances?: number;
  readonly kind?: string;
  readonly batch?: number;
}

/** A candidate of these figures; everything else is made up. */
export function candidate(devices: string, figures: SampleFigures): Candidate {
  const { fps, ms = [20, 0], instances = 1, kind = "cpu", batch = 1 } = figures;
  const interval = ([mean, half]: readonly [number, number]): Candidate["throughput_fps"] => ({
    mean,
    low: mean - half,
    high: mean + half,
  });
  const service = { mean: ms[0], cv: 0.1, p50: ms[0], p95: ms[0] * 1.2, p99: ms[0] * 1.5 };
  return {
    devices,
    decoding: false,
    instances: Array.from({ length: instances }, (_, index) => ({
      id: `${kind}-${index}`,
      kind,
      batch,
      batch_cost: batch === 1 ? 1 : 0.3,
      service_ms: service,
      stages_ms: { preprocess: 1, inference: ms[0] - 2, postprocess: 1 },
      throughput_fps: fps[0] / instances,
      memory_mb: 30,
    })),
    throughput_fps: interval(fps),
    failed_share: 0,
    latency_ms: { ...service, interval: interval(ms) },
    memory_mb: 30 * instances,
  };
}

export const sampleKey: CalibrationKey = {
  platform: "linux x64",
  cpu: "Example 9000",
  cores: 2,
  devices: ["cpu: ONNX Runtime 1.30.0 CPU on 2 cores"],
  model_sha256: "ab".repeat(32),
  input_size: "416x416",
  onnx_runtime: "1.30.0",
  aip: "0.1.0",
  layout: "01234567",
};

/** What a small machine might have measured. */
export function sampleCalibration(changes: Partial<Calibration> = {}): Calibration {
  return {
    format: CALIBRATION_FORMAT,
    key: sampleKey,
    measured_at: "2026-01-02T03:04:05.678Z",
    quick: false,
    goal: "throughput",
    chosen: {
      throughput: "cpu:threads=1:replicas=2",
      latency: "cpu:threads=2:replicas=1",
    },
    candidates: [
      candidate("cpu:threads=1:replicas=1", { fps: [47, 1], ms: [21, 0.5] }),
      candidate("cpu:threads=1:replicas=2", { fps: [94, 1], ms: [21, 0.5], instances: 2 }),
      candidate("cpu:threads=2:replicas=1", { fps: [74, 2], ms: [13.5, 0.5] }),
    ],
    noise: 0.02,
    left_out: [],
    decode: null,
    base_memory_mb: 80,
    frame: { width: 1280, height: 720 },
    ...changes,
  };
}
