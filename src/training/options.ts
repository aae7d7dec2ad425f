import { usageError } from "../errors.ts";
import type { Architecture } from "./architectures.ts";
import type { AugmentationOptions } from "./augmentation.ts";

/** Pictures of one span of time, with what they show. */
export interface LabelledPictures {
  /**
   * u8 [count, 3, side, side], planar RGB, one behind the other; shared memory is not copied for
   * the Worker.
   */
  readonly images: Uint8Array;
  /** One a picture: 1 where it shows the object, 0 where not. */
  readonly labels: Uint8Array;
}

/** How a network is trained; every one has a default. */
export interface TrainingSettings {
  /** Epochs at most. */
  readonly epochs: number;
  /** Epochs without a better validation after which training ends. */
  readonly patience: number;
  /** Examples in a step. */
  readonly batch: number;
  /** Highest learning rate. */
  readonly learningRate: number;
  /** Share of all steps in which the rate rises, 0–1. */
  readonly warmUpShare: number;
  readonly augmentation: AugmentationOptions;
  /** Equal seeds give equal networks, bit by bit. */
  readonly seed: number;
  /** Further attempts, each with another seed, where one collapses. */
  readonly restartsMax: number;
}

export const DEFAULT_SETTINGS: TrainingSettings = {
  epochs: 8,
  patience: 3,
  batch: 16,
  learningRate: 2e-3,
  warmUpShare: 0.05,
  augmentation: {
    flip: true,
    brightness: 0.6,
    shiftX: 0.3,
    shiftY: 0.1,
    recolour: 0.5,
    overlay: 0.5,
  },
  seed: 1,
  restartsMax: 3,
};

/** Everything an attempt needs; it can be posted to a Worker. */
export interface TrainingTask {
  readonly architecture: Architecture;
  readonly training: LabelledPictures;
  /** From another span of time: it decides when to stop, and which epoch's network is kept. */
  readonly validation: LabelledPictures;
  readonly settings: TrainingSettings;
}

/**
 * @throws {RangeError} where a setting, or the sizes of pictures and labels, are none
 * @throws {AipError} `training-one-class` where pictures with or without the object are missing
 */
export function checkTask({ architecture, training, validation, settings }: TrainingTask): void {
  const pictureBytes = 3 * architecture.side * architecture.side;
  for (const [name, { images, labels }] of Object.entries({ training, validation })) {
    if (images.length !== labels.length * pictureBytes) {
      const wanted = `${labels.length} labels need ${labels.length * pictureBytes} bytes`;
      throw new RangeError(`the ${name} pictures have ${images.length} bytes: ${wanted}`);
    }
    const present = labels.reduce((sum, label) => sum + label, 0);
    if (labels.some((label) => label > 1)) throw new RangeError("a label must be 0 or 1");
    if (present > 0 && present < labels.length) continue;
    const seen = present === 0 ? "none of" : "each of";
    throw usageError(
      "training-one-class",
      `Cannot train a network: ${seen} the ${labels.length} ${name} pictures shows the object; ` +
        "both kinds are needed",
    );
  }
  const { epochs, patience, batch, learningRate, warmUpShare, restartsMax } = settings;
  const { brightness, shiftX, shiftY, recolour, overlay } = settings.augmentation;
  const whole = (name: string, value: number, min: number): void => {
    if (Number.isInteger(value) && value >= min) return;
    throw new RangeError(`${name} must be a whole number of at least ${min}, not ${value}`);
  };
  const share = (name: string, value: number): void => {
    if (value >= 0 && value < 1) return;
    throw new RangeError(`${name} must be at least 0 and below 1, not ${value}`);
  };
  whole("epochs", epochs, 1);
  whole("patience", patience, 1);
  whole("batch", batch, 1);
  whole("restartsMax", restartsMax, 0);
  share("warmUpShare", warmUpShare);
  share("brightness", brightness);
  share("shiftX", shiftX);
  share("shiftY", shiftY);
  share("recolour", recolour);
  share("overlay", overlay);
  if (!(learningRate > 0 && learningRate < 1)) {
    throw new RangeError(`learningRate must be above 0 and below 1, not ${learningRate}`);
  }
}
