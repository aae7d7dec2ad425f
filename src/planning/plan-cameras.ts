import { availableMemory } from "../backend/available-memory.ts";
import { localSystem } from "../backend/system-view.ts";
import { SEATS_PER_DEVICE } from "../pipeline/device-pool.ts";
import type { CameraCost, CameraDemand } from "../schedule/capacity.ts";
import { type CapacityPlan, planCapacity } from "../schedule/capacity-plan.ts";
import type { CameraClip } from "./camera-clip.ts";
import { measureCamera } from "./camera-cost.ts";
import { findCombinations } from "./combinations.ts";
import { measureHandover } from "./handover.ts";
import { measurePaced } from "./paced-trial.ts";

export interface PlanCamerasOptions {
  readonly clip: CameraClip;
  /** Cameras wanted; null for as many as fit. */
  readonly cameras: number | null;
  readonly demand: CameraDemand;
  /** What `--device` takes. */
  readonly devices: string;
  readonly model: string;
  /** Time in s for which they must hold. Default 60. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
  /** Told what takes time, for people. */
  readonly onNote?: (text: string) => void;
}

/** A plan with what was measured for it. */
export interface PlannedCameras {
  readonly plan: CapacityPlan;
  readonly camera: CameraCost;
  readonly cores: number;
}

/**
 * Measures what cameras and devices cost on this machine, and plans with it.
 *
 * @example
 * ```ts
 * await using clip = await syntheticClip({ width: 1280, height: 720, fps: 15 });
 * const demand = { fps: 15, latencyMs: 200 };
 * const { plan } = await planCameras({ clip, cameras: 5, demand, devices: "auto", model: "demo" });
 * plan.capacity.cameras; // 6
 * ```
 * @throws {AipError} for devices, a model or a clip that cannot be used; `interrupted`
 */
export async function planCameras(options: PlanCamerasOptions): Promise<PlannedCameras> {
  const { clip, cameras, demand, devices, model, seconds } = options;
  const { signal = new AbortController().signal, onNote = () => undefined } = options;
  const { geometry } = clip.request.format;
  // Devices first: a wrong one is told at once.
  const saturated = await findCombinations({ devices, model, geometry, signal, onNote });
  const { camera, combinations } = await measurePaced({
    clip,
    camera: await measureCamera(clip, signal),
    combinations: saturated,
    fps: demand.fps,
    model,
    signal,
  });
  const handoverMs = await measureHandover(signal);
  const cores = localSystem().coreCount;
  const plan = planCapacity({
    combinations,
    camera,
    demand,
    cameras,
    room: {
      cores,
      memoryBytes: availableMemory() + process.memoryUsage.rss(),
      handoverMs,
      seatsPerDevice: SEATS_PER_DEVICE,
    },
    ...(seconds !== undefined && { seconds }),
  });
  return { plan, camera, cores };
}
