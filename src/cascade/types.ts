import type { FrameAnswer } from "../types.ts";

/** Fainter detections are not kept as labels, so that no question can ask for them. */
export const CONFIDENCE_MIN = 0.05;

/** What is asked of every frame: does it show one of these classes, and where? */
export interface Question {
  /** Class names of the reference model; one is enough for yes. */
  readonly classes: readonly string[];
  /** Detections below it do not count, 0–1. */
  readonly confidence: number;
  /**
   * Left, top, right, bottom of the region of interest as shares of the picture, 0–1; null for the
   * whole picture. A detection counts whose box has its centre within.
   */
  readonly region: readonly [x1: number, y1: number, x2: number, y2: number] | null;
}

/** What the difference detector compares a frame's luma thumbnail with. */
export type DifferenceMode =
  /** The last frame that got an answer of its own. */
  | "earlier"
  /** A fixed picture without the object, whose answer is "absent". */
  | "reference";

/** The difference detector of a cascade. */
export interface DifferenceLevel {
  readonly mode: DifferenceMode;
  /** Luma thumbnail of the empty picture, u8 [50, 50]; only where the mode is `reference`. */
  readonly reference: Uint8Array | null;
  /**
   * Weights of the 10×10 blocks' mean squared errors, f32 [100], row-major, and the bias added to
   * their weighted sum; null for the mean squared error of the whole picture.
   */
  readonly blocks: { readonly weights: Float32Array; readonly bias: number } | null;
  /** Differences below it reuse the anchor's answer (`t_diff`). */
  readonly tDiff: number;
}

/** The specialized network of a cascade. */
export interface NetworkLevel {
  /** The ONNX model: u8 [N, 3, side, side], planar RGB, in; f32 [N, 1], probability, out. */
  readonly model: Uint8Array;
  /** Side of its square input in pixels, 32–100. */
  readonly side: number;
  /** Scores below it mean absent (`c_low`). */
  readonly cLow: number;
  /** Scores above it mean present (`c_high`). */
  readonly cHigh: number;
}

/** Levels before the reference model; a level that costs more than it saves is null. */
export interface CascadeLevels {
  /** Every how many frames one is looked at, at least 1 (`t_skip`). */
  readonly tSkip: number;
  readonly difference: DifferenceLevel | null;
  readonly network: NetworkLevel | null;
}

/** A frame's answer. */
export interface CascadeAnswer {
  readonly answer: FrameAnswer;
  readonly present: boolean;
  /** Of the specialized network or, where the reference model answered, its best detection; 0–1. */
  readonly score: number;
}

/** Truth of a frame that does not count: neither present nor absent. */
export const IGNORED = 2;

/** Most that may be wrong, as shares: each is compared with an upper 95 % bound. */
export interface ErrorBudget {
  /** Of the frames truly present, 0–1 exclusive (`--max-fn`). */
  readonly falseNegatives: number;
  /** Of the frames truly absent, 0–1 exclusive (`--max-fp`). */
  readonly falsePositives: number;
}

/** What the levels cost, measured on the machine they will run on. Times in ms a frame. */
export interface CascadeCosts {
  /** Decoding a frame that is looked at. */
  readonly decodeMs: number;
  /** What a frame still costs that is not looked at. */
  readonly skippedMs: number;
  /** Luma thumbnail and difference. */
  readonly differenceMs: number;
  /** One call of the reference model on one of its devices. */
  readonly referenceMs: number;
  /** Getting a frame to the device; 0 where it is in the same machine. */
  readonly transferMs: number;
  /** Devices that answer at the same time. */
  readonly devices: number;
  /** Processor time that one call of the reference model takes from this machine's cores. */
  readonly referenceCoreMs: number;
  /** Cores that decoding, early levels and devices share. */
  readonly cores: number;
}
