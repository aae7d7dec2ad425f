import type { Sink } from "../sink/sink.ts";
import type { TrainingProgress } from "../training/progress.ts";

/** What a training does next. */
export type TrainStage = "labels" | "thumbnails" | "training" | "scores" | "costs" | "search";

/** What is told while a cascade is trained. */
export interface TrainEvents {
  /** A stage begins. */
  readonly stage: (stage: TrainStage, text: string) => void;
  readonly tell: (text: string) => void;
  readonly training: (name: string, progress: TrainingProgress) => void;
  /** Sinks that show how far the reference model is with so many frames. */
  readonly pass: (frames: number) => readonly Sink[];
  /** So many frames of the footage have been read for thumbnails and scores. */
  readonly read: (frames: number, of: number) => void;
}
