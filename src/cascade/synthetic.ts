import { mulberry32 } from "../random.ts";
import { NO_ANCHOR, replayGate } from "./replay.ts";
import type { Footage } from "./search-space.ts";

/** Frames over which an object comes in or goes out, and is seen in part. */
const EDGE_FRAMES = 3;
/** Noise of the difference between two frames of the same content. */
const DIFFERENCE_NOISE = 0.02;

/** A camera whose frames, scores and differences are drawn at random. Times in frames. */
export interface SyntheticScene {
  /** Share of the frames that show the object, 0–1. */
  readonly presentShare: number;
  /** Mean length of an appearance. */
  readonly appearanceFrames: number;
  /** Distance of the mean logits of frames with and without the object from 0. */
  readonly separation: number;
  /** Standard deviation of the logits around these means. */
  readonly spread: number;
  /** Share of that variance that a whole appearance (or a whole absence) has in common, 0–1. */
  readonly sharedVariance: number;
  /** Time in which the rest of it is forgotten: logits of frames nearer than that go together. */
  readonly memoryFrames: number;
  /** Added to all logits of frames with the object, and taken from the others': drift. */
  readonly shift: number;
}

/** Frames drawn from a scene. */
export interface SyntheticFrames {
  readonly present: Uint8Array;
  /** Of the specialized network, 0–1. */
  readonly scores: Float32Array;
  /** How much of an object is in the picture, and the light: differences are those of it. */
  readonly content: Float32Array;
}

/** Standard normal numbers (Box and Muller, 1958). */
export function normals(random: () => number): () => number {
  let spare = Number.NaN;
  return () => {
    if (!Number.isNaN(spare)) {
      const value = spare;
      spare = Number.NaN;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/**
 * Draws a stretch of a scene's frames: appearances and absences of exponential length, logits that
 * have a part in common within each of them and a part that changes slowly (an Ornstein and
 * Uhlenbeck process), so that errors come in bunches as they do in videos.
 */
export function drawFrames(scene: SyntheticScene, count: number, seed: number): SyntheticFrames {
  const { presentShare, appearanceFrames, separation, spread, shift } = scene;
  const random = mulberry32(seed);
  const normal = normals(random);
  const absenceFrames = (appearanceFrames * (1 - presentShare)) / presentShare;
  const keep = Math.exp(-1 / scene.memoryFrames);
  const renew = Math.sqrt(1 - keep ** 2);
  const sharedSpread = spread * Math.sqrt(scene.sharedVariance);
  const ownSpread = spread * Math.sqrt(1 - scene.sharedVariance);
  const frames = {
    present: new Uint8Array(count),
    scores: new Float32Array(count),
    content: new Float32Array(count),
  };
  let isPresent = random() < presentShare;
  let own = normal();
  let light = normal();
  let frame = 0;
  while (frame < count) {
    const mean = isPresent ? appearanceFrames : absenceFrames;
    const length = 1 + Math.floor(-(mean - 1) * Math.log(1 - random()));
    const shared = sharedSpread * normal();
    const last = Math.min(count, frame + length);
    for (let age = 0; frame < last; age += 1, frame += 1) {
      own = keep * own + renew * normal();
      light = keep * light + renew * normal();
      const side = isPresent ? 1 : -1;
      const logit = side * (separation + shift) + shared + ownSpread * own;
      frames.present[frame] = Number(isPresent);
      frames.scores[frame] = 1 / (1 + Math.exp(-logit));
      const seen = isPresent ? Math.min(1, (age + 1) / EDGE_FRAMES) : 0;
      frames.content[frame] = seen + 0.1 * light + DIFFERENCE_NOISE * normal();
    }
    isPresent = !isPresent;
  }
  return frames;
}

/** Frames as the optimizer takes them; the reference model is right about all of them. */
export function syntheticFootage(frames: SyntheticFrames): Footage {
  const { present, scores, content } = frames;
  const known = new Map<string, Uint32Array>();
  const gate = (tSkip: number, tDiff: number | null): Uint32Array =>
    replayGate({
      frames: present.length,
      tSkip,
      tDiff,
      difference: (frame, anchor) =>
        ((content[frame] as number) - (anchor === NO_ANCHOR ? 0 : (content[anchor] as number))) **
        2,
    });
  return {
    reference: present,
    truth: present,
    scores: () => scores,
    anchors: (tSkip, tDiff) => {
      const key = `${tSkip} ${tDiff}`;
      const anchors = known.get(key) ?? gate(tSkip, tDiff);
      known.set(key, anchors);
      return anchors;
    },
  };
}

/** A scene drawn at random: common and rare objects, quick and slow ones, hard and easy ones. */
export function drawScene(seed: number): SyntheticScene {
  const random = mulberry32(seed);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const logBetween = (low: number, high: number): number =>
    Math.exp(between(Math.log(low), Math.log(high)));
  return {
    presentShare: logBetween(0.05, 0.4),
    appearanceFrames: logBetween(15, 90),
    separation: between(3, 6),
    spread: between(1.2, 2.4),
    sharedVariance: between(0, 0.5),
    memoryFrames: logBetween(2, 30),
    shift: 0,
  };
}
