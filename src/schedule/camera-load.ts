import type { BatchCost } from "./batch-cost.ts";
import { deviceModel } from "./modelled-device.ts";
import { paced } from "./modelled-source.ts";
import { createScheduler } from "./schedule-spec.ts";
import { simulate } from "./simulator.ts";

/** Distance between the seeds of devices: 2^32 divided by the golden ratio, made odd. */
const SEED_STEP = 0x9e3779b1;
/** Time before rates and latencies are measured. */
const WARM_UP_S = 2;
/** Frames of one simulation at most; many cameras are simulated for a shorter time. */
const FRAME_COUNT_MAX = 60_000;

/** A device before cameras; with a seed, it draws the very times a simulated device draws. */
export interface LoadedDevice extends BatchCost {
  /** Mean service time in ms where nothing hinders it. */
  readonly serviceMs: number;
  /** Coefficient of variation of that time. */
  readonly cv: number;
  /** Times that were measured, as shares of their mean, to draw from instead. */
  readonly shape?: readonly number[];
  /** Processor time that goes with each `serviceMs` of its work, on all cores together. */
  readonly processorMs: number;
  readonly seed?: number;
}

/** Cameras of one kind before devices. */
export interface CameraLoad {
  readonly cameras: number;
  /** Frames a second of each. */
  readonly fps: number;
  /** Slots of each. */
  readonly slots: number;
  readonly devices: readonly LoadedDevice[];
  /** Of the processor that cameras and devices share. */
  readonly cores: number;
  /** Processor time in ms that a frame costs before any device has it: decoding, reading. */
  readonly ingestMs: number;
  /** What consecutive frames cost, as shares of that; played over and over. Default [1]. */
  readonly rhythm?: readonly number[];
  /** Latency goal that limits batches, in ms; null for that of a run without one. */
  readonly latencyMs: number | null;
  /** From a result to the device's next frame, in ms: the manager and the worker wake up. */
  readonly handoverMs: number;
  /** Simulated time in s. */
  readonly seconds: number;
  /** Added to the devices' own seeds. */
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

/** The golden ratio's fraction: multiples of it modulo 1 are spread evenly, however many. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Where in its recording each camera begins, 0–1: key frames, which take longest to decode, do not
 * come from all cameras at once.
 */
export function cameraPlace(index: number): number {
  return (index * GOLDEN) % 1;
}

/**
 * Simulates live cameras, evenly paced and evenly staggered, on a processor that decoding and
 * devices share: when a camera's frame is taken, its decoder begins with the next one. It runs under the pipeline's own default
 * policies: `look-ahead`, and the oldest waiting frame gives way where no slot is free.
 */
export function simulateCameras(load: CameraLoad): CameraOutcome {
  const { cameras, fps, slots, devices, latencyMs: goalMs, handoverMs, seconds } = load;
  const { cores, ingestMs, rhythm = [1] } = load;
  const each = Math.min(fps * (seconds + WARM_UP_S), FRAME_COUNT_MAX / cameras);
  const frames = Math.max(2, Math.ceil(each));
  const result = simulate({
    devices: devices.map(({ serviceMs, cv, shape, batch = 1, batchCost = 1, seed }, index) =>
      deviceModel({
        ...(shape !== undefined && { shape }),
        // The handover is part of the time a device is not free, once a call.
        serviceMs: serviceMs + handoverMs,
        cv,
        seed: ((seed ?? index * SEED_STEP) + load.seed) >>> 0,
        batch,
        batchCost: serviceMs === 0 ? 0 : (batchCost * serviceMs) / (serviceMs + handoverMs),
        goalMs,
      }),
    ),
    sources: Array.from({ length: cameras }, (_, index) => ({
      frames,
      slots,
      drop: "oldest" as const,
      arrivalMs: paced(fps, cameraPhaseMs(index, cameras, fps)),
    })),
    processor: {
      cores,
      // While a call is handed over, nobody computes.
      deviceCores: devices.map(({ serviceMs, processorMs }) =>
        serviceMs === 0 ? 0 : processorMs / (serviceMs + handoverMs),
      ),
      ingestMs: (camera, frame) => {
        const begin = Math.floor(cameraPlace(camera) * rhythm.length);
        return ingestMs * (rhythm[(begin + frame) % rhythm.length] ?? 1);
      },
    },
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
