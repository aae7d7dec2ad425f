import { mulberry32 } from "../random.ts";
import { layerPlan } from "./architectures.ts";
import { FOREGROUND_STEP, FOREGROUND_ZERO } from "./augmentation.ts";
import { classWeights } from "./class-weights.ts";
import { epochOrder } from "./epoch-order.ts";
import { Epochs } from "./epochs.ts";
import { initialParameters } from "./initial-parameters.ts";
import { networkModel } from "./network-graph.ts";
import type { TrainingTask } from "./options.ts";
import type { PictureStatistics } from "./picture-statistics.ts";
import type { EpochRecord, TrainingProgress } from "./progress.ts";
import { Stepper } from "./stepper.ts";
import { isBetter, isFlat, type Validation, validate } from "./validation.ts";

export interface AttemptOptions {
  readonly task: TrainingTask;
  /** Of the training pictures. */
  readonly statistics: PictureStatistics;
  /** From 1. */
  readonly attempt: number;
  readonly seed: number;
  /** Parameters to begin with, in place of the seed's. */
  readonly parameters?: Float32Array;
  readonly onProgress: (progress: TrainingProgress) => void;
  /** Asked before every step; true ends the attempt. */
  readonly isStopped: () => boolean;
}

export interface AttemptResult {
  /** Of the best epoch. */
  readonly parameters: Float32Array;
  readonly validation: Validation;
  readonly bestEpoch: number;
  readonly history: readonly EpochRecord[];
  /** It says the same of every picture, knows no numbers any more, or guesses. */
  readonly isCollapsed: boolean;
}

/** A network whose AUC stays below has learnt nothing. */
const AUC_MIN = 0.6;

/**
 * Trains one network from one seed to its end: by the epochs' limit, by early stopping, or because it
 * has collapsed.
 *
 * @throws {TrainingStopped} once `isStopped` says so
 */
export function runAttempt(options: AttemptOptions): AttemptResult {
  const { task, statistics, attempt, seed, onProgress } = options;
  const { architecture, training, settings } = task;
  const random = mulberry32(seed);
  const initial = options.parameters ?? initialParameters(layerPlan(architecture), random);
  // The batches come without mean and light; what is left is two grey values a step.
  const seen = {
    mean: new Float32Array(statistics.mean.length).fill(FOREGROUND_ZERO),
    scale: FOREGROUND_STEP * statistics.scale,
  };
  const stepper = new Stepper({ architecture, batch: settings.batch, ...seen }, initial);
  const order = epochOrder(training.labels);
  const weights = classWeights(Uint8Array.from(order, (index) => training.labels[index] as number));
  const history: EpochRecord[] = [];
  let best: Pick<AttemptResult, "parameters" | "validation" | "bestEpoch"> | undefined;
  try {
    const epochs = new Epochs({ ...options, stepper, order, weights, random });
    for (let epoch = 1; epoch <= settings.epochs; epoch += 1) {
      const loss = epochs.run(epoch);
      const parameters = Float32Array.from(stepper.parameters);
      const model = networkModel({ architecture, ...statistics, parameters });
      const validation = validate(model, task.validation, weights);
      history.push({
        ...{ attempt, epoch, loss },
        ...{ validationLoss: validation.loss, auc: validation.auc },
      });
      onProgress({
        ...{ attempt, epoch, epochs: settings.epochs, share: 1, loss },
        validation: { loss: validation.loss, auc: validation.auc },
      });
      if (best === undefined || isBetter(validation, best.validation)) {
        best = { parameters, validation, bestEpoch: epoch };
      }
      if (isFlat(validation) || epoch - best.bestEpoch >= settings.patience) break;
    }
  } finally {
    stepper.close();
  }
  if (best === undefined) throw new RangeError("an attempt has at least one epoch");
  const isCollapsed = isFlat(best.validation) || !(best.validation.auc >= AUC_MIN);
  return { ...best, history, isCollapsed };
}
