import type { Report } from "../../src/metrics/report.ts";

/** A sound report of 600 frames, with the figures of the design's sample. */
export const SAMPLE: Report = {
  version: "0.1.0",
  end: "complete",
  error: null,
  schedule: "pull",
  sources: [
    {
      name: "demo",
      width: 640,
      height: 360,
      first_frame: 0,
      frames: { received: 600, emitted: 600, dropped: 0, failed: 0 },
      answers: { inferred: 600, reused: 0, specialized: 0 },
      in_order: true,
      buffer_full_waits: 12,
    },
  ],
  frames: { received: 600, emitted: 600, dropped: 0, failed: 0 },
  answers: { inferred: 600, reused: 0, specialized: 0 },
  in_order: true,
  devices: [
    {
      id: "cpu-0",
      kind: "cpu",
      model: "ONNX Runtime 1.30.0 CPU, 1 thread",
      frames: 264,
      busy_ratio: 0.99,
      latency_ms: { mean: 20.9, p50: 20.8, p90: 22, p99: 24 },
    },
    {
      id: "gpu-0",
      kind: "gpu",
      model: "WebGPU on llvmpipe, software",
      frames: 336,
      busy_ratio: 1,
      latency_ms: { mean: 118.4, p50: 117, p90: 120, p99: 131 },
    },
  ],
  throughput_fps: 96.2,
  in_order_latency_ms: { p50: 21, p90: 33, p99: 48 },
  stages_ms: {
    decode: 0.4,
    queue: 3.1,
    preprocess: 0.2,
    inference: 19.8,
    postprocess: 0.1,
    reorder: 1.2,
  },
  wall_s: 6.24,
  faults: { crashes: [], restarts: 0, retries: 0, devices_out: [] },
  notes: [],
  outputs: ["runs/demo-1/annotated.mp4", "results.ndjson", "report.json"],
  machine: {
    os: "Debian GNU/Linux 12",
    arch: "x64",
    cpu: "a CPU",
    cores: 2,
    memory_bytes: 8_000_000_000,
  },
  versions: { bun: "1.4.5", onnxruntime: "1.30.0" },
};
