import type { LabelledPictures } from "./options.ts";

/** What every picture of a fixed camera has in common. */
export interface PictureStatistics {
  /** Mean of the pictures without the object: the background. f32, as long as one picture, 0–255. */
  readonly mean: Float32Array;
  /**
   * Directions in which the light moves whole pictures away from the mean: orthogonal, of length 1,
   * each as long as one picture. There may be none.
   */
  readonly light: readonly Float32Array[];
  /** One over the standard deviation of what is left without both. */
  readonly scale: number;
}

/** Deviations below it are noise, and are not blown up; grey values. */
const DEVIATION_MIN = 4;
const LIGHT_MAX = 2;
/** Share of what varies that one change of light must explain: what moves explains far less. */
const LIGHT_SHARE_MIN = 0.5;
/** Pictures that the light is learnt from, at most. */
const LIGHT_PICTURES_MAX = 400;
/** What explains half of all is found to a thousandth by then. */
const POWER_ITERATIONS = 12;

/**
 * The mean picture, the light, and the scale that brings the rest to a deviation of 1.
 *
 * A fixed camera's background is most of every picture; without it a rare object is most of what is
 * left. Day and night, sun and clouds change all of it at once, along few directions: principal
 * components of pictures without the object ("eigenbackgrounds": N. Oliver, B. Rosario, A. Pentland,
 * "A Bayesian Computer Vision System for Modeling Human Interactions", ICVS 1999). Only those are
 * taken that explain most of what varies, so that passing traffic is none of them.
 */
export function pictureStatistics({ images, labels }: LabelledPictures): PictureStatistics {
  const bytes = images.length / labels.length;
  const pictureAt = (index: number) => images.subarray(index * bytes, (index + 1) * bytes);
  const empty = [...labels.keys()].filter((index) => labels[index] === 0).map(pictureAt);
  const mean = meanPicture(empty, bytes);
  const step = Math.max(1, Math.ceil(empty.length / LIGHT_PICTURES_MAX));
  const rests = empty
    .filter((_, place) => place % step === 0)
    .map((picture) => mean.map((value, index) => (picture[index] as number) - value));
  const light = lightDirections(rests);
  const foreground = new Foreground({ mean, light });
  let squares = 0;
  for (let index = 0; index < labels.length; index += 1) {
    const rest = foreground.of(pictureAt(index));
    squares += dot(rest, rest);
  }
  const deviation = Math.sqrt(squares / images.length);
  return { mean, light, scale: 1 / Math.max(DEVIATION_MIN, deviation) };
}

/** What stands before the background: a picture without mean and light. */
export class Foreground {
  readonly #mean: Float32Array;
  readonly #light: readonly Float32Array[];
  readonly #rest: Float32Array;

  constructor({ mean, light }: Pick<PictureStatistics, "mean" | "light">) {
    this.#mean = mean;
    this.#light = light;
    this.#rest = new Float32Array(mean.length);
  }

  /** Of a picture, f32 as long; the next call overwrites it. HOT: every example of every epoch. */
  of(picture: Uint8Array): Float32Array {
    const [rest, mean] = [this.#rest, this.#mean];
    for (let index = 0; index < rest.length; index += 1) {
      rest[index] = (picture[index] as number) - (mean[index] as number);
    }
    for (const direction of this.#light) takeOut(direction, rest);
    return rest;
  }
}

function meanPicture(pictures: readonly Uint8Array[], bytes: number): Float32Array {
  const sums = new Float64Array(bytes);
  for (const picture of pictures) {
    for (let index = 0; index < bytes; index += 1) {
      sums[index] = (sums[index] as number) + (picture[index] as number);
    }
  }
  return Float32Array.from(sums, (sum) => sum / Math.max(1, pictures.length));
}

/**
 * Principal components that explain enough, by power iteration from the picture that is farthest
 * off; each is taken out of the pictures before the next.
 */
function lightDirections(rests: readonly Float32Array[]): Float32Array[] {
  const found: Float32Array[] = [];
  while (found.length < LIGHT_MAX) {
    const energies = rests.map((rest) => dot(rest, rest));
    const total = energies.reduce((sum, energy) => sum + energy, 0);
    const farthest = rests[energies.indexOf(Math.max(...energies))];
    if (farthest === undefined || total === 0) break;
    let direction = unit(farthest);
    for (let turn = 0; turn < POWER_ITERATIONS; turn += 1) {
      const next = new Float32Array(direction.length);
      for (const rest of rests) addTimes(next, rest, dot(rest, direction));
      direction = unit(next);
    }
    const explained = rests.reduce((sum, rest) => sum + dot(rest, direction) ** 2, 0);
    if (explained < LIGHT_SHARE_MIN * total) break;
    for (const rest of rests) takeOut(direction, rest);
    found.push(direction);
  }
  return found;
}

function takeOut(direction: Float32Array, rest: Float32Array): void {
  addTimes(rest, direction, -dot(rest, direction));
}

function addTimes(target: Float32Array, vector: Float32Array, factor: number): void {
  for (let index = 0; index < target.length; index += 1) {
    target[index] = (target[index] as number) + factor * (vector[index] as number);
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) {
    sum += (a[index] as number) * (b[index] as number);
  }
  return sum;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
}
