import { Pipeline } from "../pipeline/pipeline.ts";
import type { CameraDemand } from "../schedule/capacity.ts";
import { openCameras } from "./camera.ts";
import type { CameraClip } from "./camera-clip.ts";
import { CameraMeter, type MeasuredCameras } from "./camera-meter.ts";

/** Time before rates and latencies are measured. */
const WARM_UP_S = 2;
/** Share of the frames asked for that must be answered: clocks and edges of the interval. */
const RATE_SHARE_MIN = 0.99;

export interface VerificationOptions {
  readonly clip: CameraClip;
  readonly cameras: number;
  readonly demand: CameraDemand;
  /** Slots of each camera. */
  readonly slots: number;
  /** What `--device` takes. */
  readonly devices: string;
  readonly model: string;
  /** Time that is measured. */
  readonly seconds: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

export interface Verification extends MeasuredCameras {
  /** Why it did not hold, for people; null where it did. */
  readonly fault: string | null;
}

/**
 * Runs a plan: as many decoders as cameras, paced and staggered, through the pipeline with the
 * devices and slots of the plan.
 *
 * @throws {AipError} where the run cannot start, or fails
 */
export async function verifyPlan(options: VerificationOptions): Promise<Verification> {
  const { clip, cameras, demand, slots, devices, model, seconds, signal } = options;
  const { fps } = demand;
  const warmUpFrames = Math.ceil(fps * WARM_UP_S);
  const meter = new CameraMeter(warmUpFrames);
  await using pipeline = new Pipeline({
    sources: openCameras({ clip, count: cameras, fps }),
    model,
    devices,
    schedule: "look-ahead",
    drop: "oldest",
    slots,
    fps,
    frames: warmUpFrames + Math.ceil(fps * seconds),
    ...(demand.latencyMs !== null && { latency: demand.latencyMs }),
    sinks: [meter],
    ...(signal !== undefined && { signal }),
  });
  await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  const measured = meter.result();
  return { ...measured, fault: faultOf(measured, options) };
}

function faultOf(measured: MeasuredCameras, options: VerificationOptions): string | null {
  const { cameras, demand } = options;
  const { dropped, failed, throughputFps, latencyMs } = measured;
  const wantedFps = cameras * demand.fps;
  if (dropped > 0) return `${dropped} of ${measured.frames} frames were dropped`;
  if (failed > 0) return `${failed} of ${measured.frames} frames failed`;
  if (throughputFps < RATE_SHARE_MIN * wantedFps) {
    return `${throughputFps.toFixed(1)} of ${wantedFps.toFixed(1)} frames a second were answered`;
  }
  if (demand.latencyMs !== null && latencyMs.p95 > demand.latencyMs) {
    return `the latency's p95 was ${latencyMs.p95.toFixed(0)} ms, not ${demand.latencyMs} ms`;
  }
  return null;
}
