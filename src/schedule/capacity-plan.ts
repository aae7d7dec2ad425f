import {
  type CameraCost,
  type CameraDemand,
  type Capacity,
  type CapacityLimit,
  type CapacityOptions,
  type Combination,
  cameraCapacity,
  type Expectation,
  expectCameras,
  fastestMs,
  type MachineRoom,
} from "./capacity.ts";

export interface PlanOptions {
  /** Combinations of devices to choose from; at least one. */
  readonly combinations: readonly Combination[];
  readonly camera: CameraCost;
  readonly demand: CameraDemand;
  readonly room: MachineRoom;
  /** Cameras asked for; null asks for as many as fit. */
  readonly cameras: number | null;
  /** Time in s for which they must hold. Default 60. */
  readonly seconds?: number;
}

/** Which devices to run for so many cameras, and what comes of it. */
export interface CapacityPlan {
  readonly combination: Combination;
  /** For the cameras asked for, or for as many as fit. */
  readonly expectation: Expectation;
  /** The most cameras that fit, and what keeps the next one out. */
  readonly capacity: Capacity;
  /** Share of the devices' time that is left, 0–1. */
  readonly headroom: number;
  /**
   * Where not one camera keeps the latency asked for: the lowest it could be, in ms. That is the
   * time of the fastest device where no frame keeps it, else the p95 of a single camera.
   */
  readonly latencyBoundMs: number | null;
}

/**
 * Chooses the combination that serves the most cameras, among equals the one with the lowest
 * latency for those asked for. Where none serves them all, the plan says how many fit, and why not
 * more.
 *
 * @throws {RangeError} without a combination
 */
export function planCapacity(options: PlanOptions): CapacityPlan {
  const plans = options.combinations.map((combination) => planFor(combination, options));
  const [best] = plans.toSorted(
    (a, b) => b.capacity.cameras - a.capacity.cameras || p95Of(a) - p95Of(b),
  );
  if (best === undefined) throw new RangeError("no combination of devices to plan with");
  return best;
}

/** Why a plan does not hold, or what keeps one more camera out. */
export function limitOf({ expectation, capacity }: CapacityPlan): CapacityLimit | null {
  return expectation.limit ?? capacity.limit;
}

function planFor(combination: Combination, options: PlanOptions): CapacityPlan {
  const { demand, cameras } = options;
  const given = { ...options, combination };
  const capacity = cameraCapacity(given);
  const expectation = expectCameras(given, cameras ?? Math.max(1, capacity.cameras));
  return {
    combination,
    expectation,
    capacity,
    headroom: headroomOf(expectation, demand),
    latencyBoundMs: latencyBound(given, capacity),
  };
}

function latencyBound(given: CapacityOptions, { cameras, limit }: Capacity): number | null {
  const { latencyMs } = given.demand;
  if (latencyMs === null) return null;
  const leastMs = fastestMs(given.combination);
  if (latencyMs < leastMs) return leastMs;
  if (cameras > 0 || limit !== "latency") return null;
  return expectCameras(given, 1).outcome?.latencyMs.p95 ?? null;
}

function headroomOf({ cameras, rateFps }: Expectation, { fps }: CameraDemand): number {
  return rateFps === 0 ? 0 : Math.max(0, 1 - (cameras * fps) / rateFps);
}

function p95Of({ expectation }: CapacityPlan): number {
  return expectation.outcome?.latencyMs.p95 ?? Number.POSITIVE_INFINITY;
}
