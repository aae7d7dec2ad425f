import { Augmentation } from "./augmentation.ts";
import type { ClassWeights } from "./class-weights.ts";
import { learningRate } from "./learning-rate.ts";
import type { TrainingTask } from "./options.ts";
import type { PictureStatistics } from "./picture-statistics.ts";
import type { TrainingProgress } from "./progress.ts";
import { shuffle } from "./shuffle.ts";
import type { Stepper } from "./stepper.ts";

/** Thrown, and caught by whoever asked for the stop. */
export class TrainingStopped extends Error {
  override readonly name = "TrainingStopped";
}

export interface EpochsOptions {
  readonly task: TrainingTask;
  /** Of the training pictures. */
  readonly statistics: Pick<PictureStatistics, "mean" | "light">;
  readonly stepper: Stepper;
  /** Pictures of an epoch; see `epochOrder`. */
  readonly order: Uint32Array;
  readonly weights: ClassWeights;
  /** Numbers in [0, 1): orders and changes of pictures follow from them. */
  readonly random: () => number;
  /** From 1, for the progress. */
  readonly attempt: number;
  readonly onProgress: (progress: TrainingProgress) => void;
  /** Asked before every step; true ends the training. */
  readonly isStopped: () => boolean;
}

/** Steps between two words of progress. */
const PROGRESS_STEPS = 50;

/** Takes the stepper through all examples, in another order each time. */
export class Epochs {
  readonly #options: EpochsOptions;
  readonly #order: Uint32Array;
  readonly #augmentation: Augmentation;
  /** Numbers of the pictures without the object. */
  readonly #absent: Uint32Array;
  readonly #stepsAnEpoch: number;

  constructor(options: EpochsOptions) {
    const { architecture, settings } = options.task;
    this.#options = options;
    this.#order = options.order.slice();
    this.#augmentation = new Augmentation(
      architecture.side,
      options.statistics,
      settings.augmentation,
      options.random,
    );
    const { labels } = options.task.training;
    this.#absent = Uint32Array.from(labels.keys()).filter((picture) => labels[picture] === 0);
    this.#stepsAnEpoch = Math.ceil(options.order.length / settings.batch);
  }

  /**
   * @param number The epoch's, from 1.
   * @returns the mean loss of an example
   * @throws {TrainingStopped} once `isStopped` says so
   */
  run(number: number): number {
    const { task, stepper, random, attempt, onProgress, isStopped } = this.#options;
    const { epochs, batch, learningRate: peak, warmUpShare } = task.settings;
    const stepCount = epochs * this.#stepsAnEpoch;
    const schedule = { peak, stepCount, warmUpSteps: Math.round(warmUpShare * stepCount) };
    shuffle(this.#order, random);
    let sum = 0;
    for (let step = 0; step < this.#stepsAnEpoch; step += 1) {
      if (isStopped()) throw new TrainingStopped("Training was stopped");
      this.#fill(step * batch);
      const before = (number - 1) * this.#stepsAnEpoch;
      sum += stepper.step(learningRate(before + step, schedule));
      if ((step + 1) % PROGRESS_STEPS !== 0) continue;
      const share = (step + 1) / this.#stepsAnEpoch;
      const loss = sum / (step + 1);
      onProgress({ attempt, epoch: number, epochs, share, loss, validation: null });
    }
    return (sum * batch) / this.#order.length;
  }

  /** Fills the next step with the examples from this place on; where none are left, with weight 0. */
  #fill(from: number): void {
    const { task, stepper, random } = this.#options;
    const { images, labels, weights } = stepper;
    const { batch } = task.settings;
    const bytes = images.data.length / batch;
    const { absent, present } = this.#options.weights;
    for (let place = 0; place < batch; place += 1) {
      const picture = this.#order[from + place];
      if (picture === undefined) {
        weights.data[place] = 0;
        continue;
      }
      const label = task.training.labels[picture] as number;
      labels.data[place] = label;
      weights.data[place] = (label === 1 ? present : absent) / batch;
      const target = images.data.subarray(place * bytes, (place + 1) * bytes);
      this.#augmentation.write(this.#picture(picture, bytes), target);
      if (random() >= task.settings.augmentation.overlay) continue;
      const other = this.#absent[Math.floor(random() * this.#absent.length)] as number;
      this.#augmentation.layBehind(this.#picture(other, bytes), target);
    }
  }

  #picture(index: number, bytes: number): Uint8Array {
    return this.#options.task.training.images.subarray(index * bytes, (index + 1) * bytes);
  }
}
