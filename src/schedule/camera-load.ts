import { deviceModel } from "./modelled-device.ts";
import { paced } from "./modelled-source.ts";
import type { SharedService } from "./processor-share.ts";
import { createScheduler } from "./schedule-spec.ts";
import { simulate } from "./simulator.ts";

/** Distance between the seeds of devices: 2^32 divided by the golden ratio, made odd. */
const SEED_STEP = 0x9e3779b1;
/** Time before rates and latencies are measured. */
const WARM_UP_S = 2;
/** Frames of one simulation at most; many cameras are simulated for a shorter time. */
const FRAME_COUNT_MAX = 60_000;
/**
 * From a result to the device's next frame: two wake-ups, of the manager and of the worker.
 * Measured on Linux at 0.1–0.3 ms.
 */
export const HANDOVER_MS: number = 0.2;

/** Cameras of one kind before devices. */
export interface CameraLoad {
  readonly cameras: number;
  /** Frames a second of each. */
  readonly fps: number;
  /** Slots of each. */
  readonly slots: number;
  readonly devices: readonly SharedService[];
  /** Simulated time in s. */
  readonly seconds: number;
  readonly seed: number;
}

/** What becomes of the frames. In-order latency in ms, from a frame's arrival. */
export interface CameraOutcome {
  readonly throughputFps: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  /** Share of the frames that gave way to newer ones. */
  readonly droppedRatio: number;
  /** Share of the time in which each device was busy. */
  readonly busyRatios: readonly number[];
}

/** Phase of each camera: they begin one after the other within a frame's time. */
export function cameraPhaseMs(index: number, cameras: number, fps: number): number {
  return (1000 * index) / (fps * cameras);
}

/**
 * Simulates live cameras, evenly paced and evenly staggered, under the pipeline's own default
 * policies: `look-ahead`, and the oldest waiting frame gives way where no slot is free.
 */
export function simulateCameras(load: CameraLoad): CameraOutcome {
  const { cameras, fps, slots, devices, seconds, seed } = load;
  const each = Math.min(fps * (seconds + WARM_UP_S), FRAME_COUNT_MAX / cameras);
  const frames = Math.max(2, Math.ceil(each));
  const result = simulate({
    devices: devices.map(({ serviceMs, cv }, index) =>
      deviceModel({
        serviceMs: serviceMs + HANDOVER_MS,
        cv,
        seed: (seed + index * SEED_STEP) >>> 0,
      }),
    ),
    sources: Array.from({ length: cameras }, (_, index) => ({
      frames,
      slots,
      drop: "oldest" as const,
      arrivalMs: paced(fps, cameraPhaseMs(index, cameras, fps)),
    })),
    scheduler: (states) => createScheduler("look-ahead", states),
    warmUp: Math.floor(Math.min(frames / 2, fps * WARM_UP_S) * cameras),
  });
  const { throughputFps, latencyMs, devices: used } = result;
  return {
    throughputFps,
    latencyMs: { p50: latencyMs.p50, p95: latencyMs.p95, p99: latencyMs.p99 },
    droppedRatio: result.frames.dropped / result.frames.received,
    busyRatios: used.map(({ busyRatio }) => busyRatio),
  };
}
