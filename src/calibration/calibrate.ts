import type { DeviceInstance, DeviceSpec } from "../backend/backend.ts";
import { runtimeError } from "../errors.ts";
import { clockMs } from "../native/library.ts";
import {
  CALIBRATION_FORMAT,
  type Calibration,
  type CalibrationGoal,
  type CalibrationKey,
  type DecodeFigures,
} from "../schedule/calibration.ts";
import { chooseAgainst, chooseQuickest } from "../schedule/noisy-choice.ts";
import type { FrameGeometry } from "../types.ts";
import { type Combination, formatCombination, variantsOf } from "./combination.ts";
import { measureDecoding } from "./decoding.ts";
import type { SearchOptions } from "./device-search.ts";
import { Feeder, type SourceFactory } from "./feeder.ts";
import type { InstanceTrial } from "./figures.ts";
import { Rig, type RigOptions } from "./rig.ts";
import { Rounds } from "./rounds.ts";
import { explore, race, sweep } from "./search.ts";
import { measureUsual, usualAmong } from "./usual-choice.ts";

/** Time all measuring gets, in s, where none is asked for. */
export const SECONDS_DEFAULT = 30;
/** How long one combination runs at a time. */
const SLICE_MS = 300;
/** A trial shorter than so many frames, or calls of several, would count their edges. */
const FRAMES_PER_SLICE = 12;
const CALLS_PER_SLICE = 4;
const SLICE_MS_MAX = 1500;
/** Core ML compiles a model, and a software GPU its shaders. */
const OPEN_WITHIN_MS = 120_000;
/** Decoding is measured alone for so long. */
const DECODING_MS = 1500;
const MIB = 2 ** 20;

/** What measures combinations; see `Rig`. */
export interface CalibrationRig extends Pick<Rig, "open" | "warmCalls" | "release" | "close"> {
  readonly trial: (combination: Combination, sliceMs: number) => Promise<readonly InstanceTrial[]>;
}

export interface CalibrateOptions {
  /** The devices to measure, without `auto`. */
  readonly devices: readonly DeviceSpec[];
  /** Instances of a device text, as a run would plan them. */
  readonly plan: (devices: string) => readonly DeviceInstance[];
  readonly key: CalibrationKey;
  /** Frames the devices are given. */
  readonly geometry: FrameGeometry;
  /** Decoded beside every trial; null for none. */
  readonly openSource: SourceFactory | null;
  readonly goal: CalibrationGoal;
  /** Time to measure in, in s; what must be measured takes as long as it takes. */
  readonly seconds?: number;
  /** Every number of replicas in this range, instead of those that promise something. */
  readonly replicas?: { readonly min: number; readonly max: number };
  /** Thread counts of `cpu`. */
  readonly threads?: readonly number[];
  /** Frames in one call to try; see `batchSizesFor`. Absent: 1. */
  readonly batches?: readonly number[];
  /** Kinds that cannot be replicated, see `loneKinds`. */
  readonly lone: readonly string[];
  /**
   * Kinds that a run takes which knows nothing of them: on a busy machine they are chosen unless
   * they are clearly beaten. Absent: what seems best is chosen, however noisy its figures are.
   */
  readonly usual?: readonly string[];
  readonly signal?: AbortSignal;
  /** Says what is going on, for people. */
  readonly progress?: (text: string) => void;
  /** Makes what measures; replaced in tests. */
  readonly makeRig?: (options: RigOptions) => CalibrationRig;
}

/**
 * Measures devices alone and together, and chooses the best combination for throughput and for
 * latency.
 *
 * Trials are short and take turns in rounds, so that what slows the machine for a while slows all
 * of them; what a round has in common is taken out of the figures. The search goes from single
 * devices to replicas to batches to combinations, and ends with a comparison of those that may
 * still be the best.
 *
 * @throws {AipError} `interrupted` once the signal is aborted; `calibration-failed` where no device
 * could be measured
 */
export async function calibrate(options: CalibrateOptions): Promise<Calibration> {
  const { devices, geometry, key, goal, openSource } = options;
  const { signal = new AbortController().signal, progress = () => undefined } = options;
  const endMs = clockMs() + 1000 * (options.seconds ?? SECONDS_DEFAULT);
  const baseMemoryMb = process.memoryUsage.rss() / MIB;
  let decode: DecodeFigures | null = null;
  if (openSource !== null) {
    progress("decoding alone");
    decode = await measureDecoding(openSource, DECODING_MS);
  }
  const feeder = openSource === null ? null : new Feeder(openSource);
  const { makeRig = (given) => new Rig(given) } = options;
  const { plan } = options;
  const rig = makeRig({ plan, geometry, feeder, openWithinMs: OPEN_WITHIN_MS, signal });
  try {
    const rounds = new Rounds({
      trial: async (combination) => {
        await rig.open(combination);
        return rig.trial(combination, sliceMs(rig, combination));
      },
      release: (variant) => rig.release(variant),
      decoding: feeder !== null,
      progress,
    });
    const search: SearchOptions = {
      rounds,
      variants: variantsOf(devices, { cores: key.cores, ...options }),
      progress,
      hasTime: () => clockMs() < endMs,
    };
    await (options.replicas === undefined ? explore(search) : sweep(search));
    await race(search);
    const usual = usualAmong(search.variants, options.usual ?? [], key.cores);
    if (usual !== null) await measureUsual(search, usual);
    const candidates = rounds.candidates();
    const usualName = usual === null ? null : formatCombination(usual);
    const throughput = chooseAgainst(usualName, candidates);
    const latency = chooseQuickest(candidates);
    if (throughput.candidate === undefined || latency.candidate === undefined) {
      const reasons = rounds.leftOut.map(({ devices, reason }) => `${devices}: ${reason}`);
      throw runtimeError(
        "calibration-failed",
        `No device could be measured: ${reasons.join("; ")}`,
      );
    }
    return {
      format: CALIBRATION_FORMAT,
      key,
      measured_at: new Date().toISOString(),
      quick: false,
      goal,
      chosen: {
        throughput: throughput.candidate.devices,
        latency: latency.candidate.devices,
      },
      candidates,
      noise: (goal === "throughput" ? throughput : latency).noise,
      left_out: rounds.leftOut,
      decode,
      base_memory_mb: baseMemoryMb,
      frame: { width: geometry.width, height: geometry.height },
    };
  } finally {
    await rig.close();
    await feeder?.close();
  }
}

function sliceMs(rig: CalibrationRig, combination: Combination): number {
  const neededMs = rig
    .warmCalls(combination)
    .map(({ frames, callMs }) => Math.max(FRAMES_PER_SLICE / frames, CALLS_PER_SLICE) * callMs);
  return Math.min(SLICE_MS_MAX, Math.max(SLICE_MS, Math.min(...neededMs)));
}
