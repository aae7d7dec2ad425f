import { ARENA_BYTES_MAX } from "../ring/arena.ts";
import { fullCallShare, withinGoal } from "./batch-cost.ts";
import { type CameraOutcome, simulateCameras } from "./camera-load.ts";
import { cameraSlots, memoryNeed } from "./camera-memory.ts";
import { pace } from "./pace.ts";
import {
  type InstanceCost,
  processorMsOf,
  rateOf,
  type SharedService,
  shareProcessor,
} from "./processor-share.ts";

/** Devices that never rest would never catch up after a hiccup. */
const UTILISATION_MAX = 0.98;
/** Nor would a processor, which has more to do than is measured here. */
const PROCESSOR_UTILISATION_MAX = 0.94;
/** Cameras at most, so that a search ends. */
export const CAMERA_COUNT_MAX = 1024;
/** What holds so long counts as holding. */
const SECONDS_DEFAULT = 60;
/** With other times each. */
const SEEDS: readonly number[] = [0, 1, 2];

/** Devices that run together, and what they cost. */
export interface Combination {
  /** What `--device` takes. */
  readonly devices: string;
  readonly instances: readonly InstanceCost[];
  /** Memory of the process with the models loaded. */
  readonly memoryBytes: number;
}

/** What one camera costs. Processor times in ms a frame, on all cores together. */
export interface CameraCost {
  /** In the decoder, where one frame follows upon the other. */
  readonly decodeMs: number;
  /** In the decoder, where frames come one at a time. */
  readonly pacedDecodeMs: number;
  /** In the decoder before its first frame. */
  readonly decoderStartMs: number;
  /** What consecutive frames cost, as shares of the mean: key frames take longest. */
  readonly rhythm: readonly number[];
  /** In this process: read from the decoder, handed out, taken back in order. */
  readonly readMs: number;
  /** Of decoder and reader together, the slots aside. */
  readonly memoryBytes: number;
  /** One picture in a slot. */
  readonly pictureBytes: number;
}

/** What is asked of every camera. */
export interface CameraDemand {
  /** Frames a second. */
  readonly fps: number;
  /** In-order latency in ms that 95 of 100 frames keep; null where none is asked for. */
  readonly latencyMs: number | null;
}

/** What the machine has. */
export interface MachineRoom {
  readonly cores: number;
  /** Free for this. */
  readonly memoryBytes: number;
  /** From a result to the device's next frame, in ms. */
  readonly handoverMs: number;
  /** Places of workers in the arena, for each device instance. */
  readonly seatsPerDevice: number;
}

export interface CapacityOptions {
  readonly combination: Combination;
  readonly camera: CameraCost;
  readonly demand: CameraDemand;
  readonly room: MachineRoom;
  /** Time in s for which cameras must hold. Default 60. */
  readonly seconds?: number;
}

/** What is used up first. */
export type CapacityLimit = "inference" | "decoding" | "memory" | "latency";

/** What so many cameras would come to. */
export interface Expectation {
  readonly cameras: number;
  /** What does not suffice; null where everything does. */
  readonly limit: CapacityLimit | null;
  /** Slots of each camera. */
  readonly slots: number;
  /** Frames; null where they would not even be decoded, or find no memory. */
  readonly outcome: CameraOutcome | null;
  /** Service times beside the cameras; empty where nothing is left for them. */
  readonly services: readonly SharedService[];
  /** Frames a second the devices could answer beside these cameras. */
  readonly rateFps: number;
  /** Cores held by the cameras, and wanted by inference. */
  readonly cores: { readonly cameras: number; readonly inference: number };
  readonly memoryBytes: { readonly slots: number; readonly total: number };
}

/** The largest number of cameras that fit, and what keeps the next one out. */
export interface Capacity {
  readonly cameras: number;
  readonly limit: CapacityLimit | null;
}

/**
 * Finds how many cameras a combination of devices serves without a drop, within the latency asked
 * for: by bisection over `expectCameras`.
 *
 * @example
 * ```ts
 * // 20, 50 and 100 ms answer 50 + 20 + 10 = 80 frames a second: 5 cameras at 15, not 6.
 * cameraCapacity({ combination, camera, demand: { fps: 15, latencyMs: null }, room }).cameras; // 5
 * ```
 */
export function cameraCapacity(options: CapacityOptions): Capacity {
  const limitAt = (cameras: number): CapacityLimit | null => expectCameras(options, cameras).limit;
  let fitting = 0;
  let limit: CapacityLimit | null = null;
  // More cameras keep a processor warm: what is late with few may be in time with some more.
  for (let count = 1; count <= CAMERA_COUNT_MAX; count *= 2) {
    const reason = limitAt(count);
    if (reason === null) [fitting, limit] = [count, null];
    else limit ??= reason;
    if (reason !== null && reason !== "latency") break;
  }
  if (fitting === 0 || limit === null) return { cameras: fitting, limit };
  let tooMany = 2 * fitting;
  while (tooMany - fitting > 1) {
    const middle = (fitting + tooMany) >> 1;
    const reason = limitAt(middle);
    if (reason === null) {
      fitting = middle;
    } else {
      tooMany = middle;
      limit = reason;
    }
  }
  return { cameras: fitting, limit };
}

/** What so many cameras would come to on a combination of devices. */
export function expectCameras(options: CapacityOptions, cameras: number): Expectation {
  const { camera, demand, room, seconds = SECONDS_DEFAULT } = options;
  const instances = options.combination.instances.map((one) => withinGoal(one, demand.latencyMs));
  const fps = cameras * demand.fps;
  const slots = cameraSlots(options, cameras);
  const ingestMs = camera.decodeMs + camera.readMs;
  const services = shareProcessor(instances, { cores: room.cores, fps, ingestMs });
  const rateFps =
    services === null
      ? 0
      : rateOf(
          services.map(({ serviceMs }, index) => {
            const instance = instances[index] as InstanceCost;
            // Calls are handed over, not frames.
            return serviceMs * fullCallShare(instance) + room.handoverMs / (instance.batch ?? 1);
          }),
        );
  const expectation = {
    cameras,
    slots,
    services: services ?? [],
    rateFps,
    cores: {
      cameras: (fps * ingestMs) / 1000,
      inference: (fps * processorMsOf(instances)) / 1000,
    },
    memoryBytes: memoryNeed(options, cameras, slots),
  };
  const { slots: slotBytes, total } = expectation.memoryBytes;
  if (total > room.memoryBytes || slotBytes > ARENA_BYTES_MAX) {
    return { ...expectation, limit: "memory", outcome: null };
  }
  const isFull = expectation.cores.cameras > PROCESSOR_UTILISATION_MAX * room.cores;
  // One decoder has one thread.
  if (services === null || isFull || demand.fps * camera.decodeMs >= 1000) {
    return { ...expectation, limit: "decoding", outcome: null };
  }
  const { handoverMs, cores } = room;
  const paced = pace(instances, camera, { cores, fps, ingestMs });
  const load = {
    cameras,
    ...demand,
    ...paced,
    rhythm: camera.rhythm,
    slots,
    cores,
    handoverMs,
    seconds,
  };
  const simulated = (seed: number): CameraOutcome => simulateCameras({ ...load, seed });
  const outcomes = [simulated(SEEDS[0] as number)];
  // What fails once has failed; what holds must hold with other times as well.
  for (const seed of SEEDS.slice(1)) {
    if (failing(expectation, outcomes, options) === null) outcomes.push(simulated(seed));
  }
  const limit = failing(expectation, outcomes, options);
  // The very times that are to come are known of simulated devices alone.
  const isKnown = instances.every(({ seed }) => seed !== undefined);
  return { ...expectation, limit, outcome: meanOutcome(isKnown ? outcomes.slice(0, 1) : outcomes) };
}

/** The shortest time of a frame on any device of a combination, in ms: no latency is below it. */
export function fastestMs({ instances }: Combination): number {
  return Math.min(...instances.map(({ serviceMs }) => serviceMs));
}

function failing(
  { cameras, cores, rateFps }: Omit<Expectation, "limit" | "outcome">,
  outcomes: readonly CameraOutcome[],
  { demand, room }: CapacityOptions,
): CapacityLimit | null {
  const { latencyMs } = demand;
  const isLate = ({ latencyMs: { p95 } }: CameraOutcome): boolean =>
    latencyMs !== null && p95 > latencyMs;
  if (
    cameras * demand.fps > UTILISATION_MAX * rateFps ||
    cores.cameras + cores.inference > PROCESSOR_UTILISATION_MAX * room.cores ||
    outcomes.some(({ droppedRatio }) => droppedRatio > 0)
  ) {
    return cores.inference > 0 && cores.cameras > cores.inference ? "decoding" : "inference";
  }
  return outcomes.some(isLate) ? "latency" : null;
}

function meanOutcome(outcomes: readonly CameraOutcome[]): CameraOutcome {
  const mean = (of: (outcome: CameraOutcome) => number): number =>
    outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
  return {
    throughputFps: mean(({ throughputFps }) => throughputFps),
    latencyMs: {
      p50: mean(({ latencyMs }) => latencyMs.p50),
      p95: mean(({ latencyMs }) => latencyMs.p95),
      p99: mean(({ latencyMs }) => latencyMs.p99),
    },
    droppedRatio: mean(({ droppedRatio }) => droppedRatio),
    busyRatios: (outcomes[0]?.busyRatios ?? []).map((_, index) =>
      mean(({ busyRatios }) => busyRatios[index] ?? 0),
    ),
  };
}
