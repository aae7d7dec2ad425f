import type { Sink } from "../sink/sink.ts";
import type { NetworksProgress } from "./networks-estimate.ts";

/** What a training does, in this order. */
export const TRAIN_STAGES = [
  "labels",
  "thumbnails",
  "training",
  "scores",
  "costs",
  "search",
] as const;
export type TrainStage = (typeof TRAIN_STAGES)[number];

/** What is told while a cascade is trained. */
export interface TrainEvents {
  /** A stage begins. */
  readonly stage: (stage: TrainStage, text: string) => void;
  readonly tell: (text: string) => void;
  /** How far the networks are, all together. */
  readonly training: (progress: NetworksProgress) => void;
  /** Sinks that show how far the reference model is with so many frames. */
  readonly pass: (frames: number) => readonly Sink[];
  /** So many frames have no label yet: those an interrupted training has labelled are passed over. */
  readonly labelling?: (frames: number) => void;
  /** So many of the frames that thumbnails or scores take have been read. */
  readonly read: (frames: number, of: number) => void;
  /** So many parts of the search are done. */
  readonly searched?: (parts: number, of: number) => void;
}
