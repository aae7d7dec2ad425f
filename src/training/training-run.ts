import type { ModelManifest } from "../model/manifest.ts";
import { architectureName } from "./architectures.ts";
import { runAttempt } from "./attempt.ts";
import { type NetworkWeights, networkManifest, networkModel } from "./network-graph.ts";
import { checkTask, type TrainingTask } from "./options.ts";
import { pictureStatistics } from "./picture-statistics.ts";
import type { EpochRecord, TrainingProgress } from "./progress.ts";
import { untilTrained } from "./restarts.ts";
import type { Validation } from "./validation.ts";

/** A network with everything that is known of it. */
export interface TrainedNetwork extends NetworkWeights {
  /** An ordinary ONNX model: u8 [N, 3, side, side] in, f32 [N, 1] out; see `networkModel`. */
  readonly model: Uint8Array;
  /** What stands beside it as JSON. */
  readonly manifest: ModelManifest;
  readonly validation: Validation;
  /** Seed of the attempt that went well. */
  readonly seed: number;
  /** Attempts that collapsed before it. */
  readonly restarts: number;
  readonly bestEpoch: number;
  /** Every epoch of every attempt. */
  readonly history: readonly EpochRecord[];
}

export interface TrainingHooks {
  readonly onProgress: (progress: TrainingProgress) => void;
  /** Asked before every step; true ends the training. */
  readonly isStopped: () => boolean;
}

/** Seeds of attempts are this far apart, so that neighbouring seeds share none. */
const SEED_STEP = 1_000_003;

/**
 * Trains a network in this thread, which it keeps busy; see `trainNetwork`.
 *
 * @throws {RangeError | AipError} as `trainNetwork`
 * @throws {TrainingStopped} once `isStopped` says so
 */
export function runTraining(task: TrainingTask, hooks: TrainingHooks): TrainedNetwork {
  checkTask(task);
  const { architecture, training, settings } = task;
  const statistics = pictureStatistics(training);
  const seedOf = (attempt: number): number => settings.seed + (attempt - 1) * SEED_STEP;
  const { result, attempt, history } = untilTrained(settings.restartsMax, (number) =>
    runAttempt({ task, statistics, attempt: number, seed: seedOf(number), ...hooks }),
  );
  const { parameters, validation, bestEpoch } = result;
  const weights = { architecture, ...statistics, parameters };
  const name = architectureName(architecture);
  const metadata = {
    "aip.architecture": name,
    "aip.seed": String(seedOf(attempt)),
    "aip.validation_auc": validation.auc.toFixed(4),
  };
  return {
    ...weights,
    model: networkModel({ ...weights, metadata }),
    manifest: networkManifest(architecture, name),
    validation,
    seed: seedOf(attempt),
    restarts: attempt - 1,
    bestEpoch,
    history,
  };
}
