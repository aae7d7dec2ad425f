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
import { measureQuickly, type QuickMeasurement } from "./quick-rounds.ts";
import { Rig, type RigOptions } from "./rig.ts";
import { unmeasuredChoice, usualCombinations } from "./usual.ts";

/** All of it, sessions included. */
const QUICK_MS = 2800;
/** Time a device gets to open and warm up. */
const OPEN_WITHIN_MS = 1500;
const MIB = 2 ** 20;

export interface QuickOptions extends Pick<RigOptions, "plan" | "signal"> {
  readonly machine: Machine;
  readonly key: CalibrationKey;
  readonly geometry: FrameGeometry;
}

/**
 * A calibration of at most 3 seconds, for a first run: the few combinations that are the best ones
 * of most machines, compared in short turns. A software GPU is not among them. Where the time is
 * too short for a device or the model it has no candidates, and chooses all devices of
 * `selectDevices` unmeasured.
 *
 * @throws {AipError} `interrupted`
 */
export async function calibrateQuickly(options: QuickOptions): Promise<Calibration> {
  const { machine, key, geometry, plan, signal } = options;
  const endMs = clockMs() + QUICK_MS;
  const baseMemoryMb = process.memoryUsage.rss() / MIB;
  const { devices } = selectDevices(machine, false);
  const combinations = usualCombinations(devices, { cores: key.cores, lone: loneKinds(machine) });
  const rig = new Rig({ plan, geometry, feeder: null, openWithinMs: OPEN_WITHIN_MS, signal });
  try {
    const measured = await measureQuickly(combinations, endMs, {
      clockMs,
      open: async (combination) => {
        await rig.open(combination);
        return rig.warmCalls(combination).map(({ callMs }) => callMs);
      },
      trial: (combination, sliceMs) => rig.trial(combination, sliceMs),
      release: (variant) => rig.release(variant),
    });
    const usual = unmeasuredChoice(devices, key.cores);
    return {
      ...quickChoice(measured, usual),
      key,
      measured_at: new Date().toISOString(),
      base_memory_mb: baseMemoryMb,
      frame: { width: geometry.width, height: geometry.height },
    };
  } finally {
    await rig.close();
  }
}

/** What a calibration says of its measurement: what it chose, and why. */
type Chosen = Omit<Calibration, "key" | "measured_at" | "base_memory_mb" | "frame">;

/**
 * Chooses from what was measured.
 * @param usual what is taken where nothing is clearly better
 */
export function quickChoice({ candidates, leftOut }: QuickMeasurement, usual: string): Chosen {
  // Short turns say little, whatever their intervals.
  const { candidate: chosen, noise } = chooseAgainst(usual, candidates, true);
  return {
    format: CALIBRATION_FORMAT,
    quick: true,
    goal: "throughput",
    chosen: {
      throughput: chosen?.devices ?? usual,
      latency: chooseCandidate(candidates, "latency")?.devices ?? usual,
    },
    candidates,
    noise,
    left_out: leftOut,
    decode: null,
  };
}
