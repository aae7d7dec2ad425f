import { selectDevices } from "../backend/auto.ts";
import type { Machine } from "../backend/discover.ts";
import { clockMs } from "../native/library.ts";
import {
  CALIBRATION_FORMAT,
  type Calibration,
  type CalibrationKey,
} from "../schedule/calibration.ts";
import { chooseCandidate } from "../schedule/calibration-choice.ts";
import { chooseAgainst } from "../schedule/noisy-choice.ts";
import type { FrameGeometry } from "../types.ts";
import { loneKinds } from "./combination.ts";
import { CALLS_MIN, Rig, type RigOptions, VariantFailed } from "./rig.ts";
import { Rounds } from "./rounds.ts";
import { unmeasuredChoice, usualCombinations } from "./usual.ts";

/** All of it, sessions included. */
const QUICK_MS = 2800;
/** Time a device gets to open and warm up. */
const OPEN_WITHIN_MS = 1500;
const ROUNDS_MIN = 2;
const ROUNDS_MAX = 6;
const SLICE_MS_MIN = 40;
const SLICE_MS_MAX = 150;
const FRAMES_PER_SLICE = 6;
/** A frame beside others may take so many times longer than it did at the warm-up. */
const CONTENTION = 2;
const MIB = 2 ** 20;

export interface QuickOptions extends Pick<RigOptions, "plan" | "signal"> {
  readonly machine: Machine;
  readonly key: CalibrationKey;
  readonly geometry: FrameGeometry;
}

/**
 * A calibration of at most 3 seconds, for a first run: the few combinations that are the best ones
 * of most machines, compared in short turns. A software GPU is not among them. Where the time is
 * too short for a device or the model, all devices of `selectDevices` are chosen unmeasured.
 *
 * @throws {AipError} `interrupted`
 */
export async function calibrateQuickly(options: QuickOptions): Promise<Calibration> {
  const { machine, key, geometry, plan, signal } = options;
  const endMs = clockMs() + QUICK_MS;
  const baseMemoryMb = process.memoryUsage.rss() / MIB;
  const { devices } = selectDevices(machine, false);
  const combinations = usualCombinations(devices, { cores: key.cores, lone: loneKinds(machine) });
  let rounds = 0;
  const rig = new Rig({ plan, geometry, feeder: null, openWithinMs: OPEN_WITHIN_MS, signal });
  const trials = new Rounds({
    trial: async (combination) => {
      await rig.open(combination);
      const callsMs = rig.warmCalls(combination).map(({ callMs }) => callMs);
      const neededMs = CALLS_MIN * CONTENTION * Math.max(...callsMs);
      const variant = combination[0]?.variant;
      if (variant !== undefined && rounds < ROUNDS_MIN && clockMs() + neededMs > endMs) {
        throw new VariantFailed(variant, "a frame takes it too long for a quick look", true);
      }
      return rig.trial(combination, sliceMs(Math.min(...callsMs)));
    },
    release: (variant) => rig.release(variant),
    decoding: false,
    progress: () => undefined,
  });
  try {
    let roundMs = 0;
    while (!trials.isLate && rounds < ROUNDS_MAX && clockMs() + roundMs < endMs) {
      const startedMs = clockMs();
      await trials.measure(combinations, 1);
      rounds += 1;
      roundMs = clockMs() - startedMs;
      if (rounds > ROUNDS_MIN && trials.contenders().length === 0) break;
    }
    const candidates = trials.isLate || rounds < ROUNDS_MIN ? [] : trials.candidates();
    const usual = unmeasuredChoice(devices, key.cores);
    // Short turns say little, whatever their intervals.
    const { candidate: chosen, noise } = chooseAgainst(usual, candidates, true);
    return {
      format: CALIBRATION_FORMAT,
      key,
      measured_at: new Date().toISOString(),
      quick: true,
      goal: "throughput",
      chosen: {
        throughput: chosen?.devices ?? usual,
        latency: chooseCandidate(candidates, "latency")?.devices ?? usual,
      },
      candidates,
      noise,
      left_out: trials.leftOut,
      decode: null,
      base_memory_mb: baseMemoryMb,
      frame: { width: geometry.width, height: geometry.height },
    };
  } finally {
    await rig.close();
  }
}

function sliceMs(frameMs: number): number {
  return Math.min(SLICE_MS_MAX, Math.max(SLICE_MS_MIN, FRAMES_PER_SLICE * CONTENTION * frameMs));
}
