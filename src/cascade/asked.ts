import { CLASS_ID, CONFIDENCE, WORDS, X1, X2, Y1, Y2 } from "../layout/detection-words.ts";
import type { Question } from "./types.ts";

/** Detection records of a frame, and the size its boxes are measured in. */
export interface Records {
  readonly detectionCount: number;
  readonly detectionsF32: Float32Array;
  readonly detectionsI32: Int32Array;
  readonly width: number;
  readonly height: number;
}

/** A question, ready to be asked of detection records. */
export class Asked {
  /** Below it, detections do not count, 0–1. */
  readonly confidence: number;
  readonly #region: readonly [number, number, number, number];
  /** Per class number: whether it is asked for. */
  readonly #isWanted: Uint8Array;

  /** @param labels class names of the reference model, class 0 first */
  constructor({ classes, confidence, region }: Question, labels: readonly string[]) {
    this.confidence = confidence;
    this.#region = region ?? [0, 0, 1, 1];
    this.#isWanted = Uint8Array.from(labels, (label) => Number(classes.includes(label)));
  }

  /** Whether a frame with this score shows what was asked for. */
  isPresent(score: number): boolean {
    return score > 0 && score >= this.confidence;
  }

  /** Confidence of the best detection that counts wherever it is certain, 0–1; 0 for none. HOT. */
  scoreOf(frame: Records): number {
    const [x1, y1, x2, y2] = this.#region;
    const { detectionsF32: f32, detectionsI32: i32, width, height } = frame;
    const end = frame.detectionCount * WORDS;
    let best = 0;
    for (let at = 0; at < end; at += WORDS) {
      if (this.#isWanted[i32[at + CLASS_ID] as number] !== 1) continue;
      const x = ((f32[at + X1] as number) + (f32[at + X2] as number)) / (2 * width);
      const y = ((f32[at + Y1] as number) + (f32[at + Y2] as number)) / (2 * height);
      if (x < x1 || x > x2 || y < y1 || y > y2) continue;
      best = Math.max(best, f32[at + CONFIDENCE] as number);
    }
    return best;
  }
}
