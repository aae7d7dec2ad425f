import type { ModelManifest } from "../../model/manifest.ts";
import type { PictureSize } from "../../types.ts";
import type { CascadeLevels, Question } from "../types.ts";

/** A mean with its 95 % confidence interval. */
export interface MeasuredMs {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** What a frame costs at each level on the machine that trained the cascade, in ms. */
export interface MeasuredCosts {
  /** Decoding a frame that is looked at, and reading it into its slot. */
  readonly decode: MeasuredMs;
  /** What a frame still costs that is not looked at. */
  readonly skipped: MeasuredMs;
  /** Luma thumbnail and difference. */
  readonly difference: MeasuredMs;
  /** Thumbnail and specialized network, in batches; nothing without a network. */
  readonly network: MeasuredMs;
  /** One call of the reference model on one of its devices. */
  readonly reference: MeasuredMs;
  /** Processor time that one such call takes. */
  readonly referenceCore: MeasuredMs;
  /** Devices it runs on, as `--device` takes them. */
  readonly devices: string;
  /** How many answer at the same time. */
  readonly deviceCount: number;
  /** Cores that decoding, early levels and devices share. */
  readonly cores: number;
  /** Whether the levels were measured while the others ran. */
  readonly contended: boolean;
}

/** Errors of one kind that were counted on the held-out span. */
export interface ErrorRate {
  /** Frames answered wrongly, of all frames they could be wrong of. */
  readonly count: number;
  readonly of: number;
  /** Upper 95 % bound of the rate, 0–1; holds for frames correlated in time. */
  readonly bound: number;
  /** What those frames are worth as independent ones; left out in files from before it was kept. */
  readonly effective?: number;
  /** Stretches they come in: appearances, where the object is present. */
  readonly runs?: number;
}

/** Frames that were answered without the reference model, and how many of them wrongly. */
export interface EarlyAnswers {
  /** Frames truly present, and those of them that were missed. */
  readonly present: number;
  readonly falseNegatives: number;
  /** Frames truly absent, and false alarms among them. */
  readonly absent: number;
  readonly falsePositives: number;
}

/** How the cascade did on footage that neither training nor tuning had seen. */
export interface CascadeValidation {
  /** Held-out frames that count. */
  readonly frames: number;
  readonly falseNegatives: ErrorRate;
  readonly falsePositives: ErrorRate;
  /** What an audit of its answers is held to. */
  readonly early: EarlyAnswers;
  /** Share of windows of one second answered right, NoScope's measure; null where it has none. */
  readonly windowAccuracy: number | null;
  /** Frames each level answered. */
  readonly answers: {
    readonly reused: number;
    readonly specialized: number;
    readonly inferred: number;
  };
  /** Frames a second by the costs: of the cascade, and of the reference model alone. */
  readonly cascadeFps: number;
  readonly referenceFps: number;
}

/** What some of the levels reach alone or together, within the same budgets. */
export interface LevelFactor {
  /** `difference, network` */
  readonly levels: string;
  /** Frames a second by the costs. */
  readonly fps: number;
  /** Share of the held-out frames that are left to the reference model, 0–1. */
  readonly inferred: number;
  /** Whether the bounds are within the budgets; where no such levels gain, the ones that nearly are. */
  readonly holds: boolean;
  /** The row before that came to the same cascade; left out where none did. */
  readonly same?: string;
}

/** A stretch of frames, the last one not included. */
export interface FrameSpan {
  readonly start: number;
  readonly end: number;
}

/** Where a cascade comes from. */
export interface CascadeProvenance {
  /** ISO 8601, UTC. */
  readonly trainedAt: string;
  readonly aip: string;
  readonly machine: { readonly platform: string; readonly cpu: string; readonly cores: number };
  readonly footage: {
    readonly name: string;
    /** SHA-256 of what tells this footage from other. */
    readonly fingerprint: string;
    readonly frames: number;
    readonly fps: number;
  };
  readonly spans: {
    readonly training: FrameSpan;
    readonly validation: FrameSpan;
    readonly tuning: FrameSpan;
    readonly heldOut: FrameSpan;
  };
  /** Who said which frames show the object: `reference model`, or the name of a label file. */
  readonly labels: string;
  /** Of the specialized network: `c16s2 c16 pool c32 pool d32`; null without one. */
  readonly architecture: string | null;
  readonly seed: number;
  /** Left out where `aip cascade train` made it. */
  readonly retrained?: Retraining;
  /** Left out where its thresholds are those that training found. */
  readonly tuned?: Retuning;
}

/** What is known of a cascade whose thresholds `aip cascade tune` has set anew. */
export interface Retuning {
  /** The last time, ISO 8601, UTC. */
  readonly at: string;
  /** How many times since its training: each looks at the held-out span once more. */
  readonly count: number;
}

/** What is known of a cascade that a run has trained anew. */
export interface Retraining {
  /** Numbers of the frames that it was learnt from, in the run's source. */
  readonly frames: FrameSpan;
  /** When the one before was trained, ISO 8601, UTC. */
  readonly before: string;
  /** How many times in a row this has happened. */
  readonly count: number;
}

/** Everything a cascade is, as its file holds it. */
export interface Cascade {
  readonly question: Question;
  readonly levels: CascadeLevels;
  /** Says how the specialized network is run by other programs; null without one. */
  readonly networkManifest: ModelManifest | null;
  /** Size of the camera's pictures before any scaling, in pixels. */
  readonly camera: PictureSize;
  /** The model whose answers are the truth, and its `modelHash`: what its answers hang on. */
  readonly reference: { readonly name: string; readonly sha256: string };
  /** Error rates that were asked for, 0–1. */
  readonly budgets: { readonly maxFn: number; readonly maxFp: number };
  readonly costs: MeasuredCosts;
  readonly validation: CascadeValidation;
  /** Left out in files from before they were kept, and where a run has trained it anew. */
  readonly factors?: readonly LevelFactor[];
  readonly provenance: CascadeProvenance;
  /** Packed scores and labels that `aip cascade tune` searches again; null where left out. */
  readonly observations: Uint8Array | null;
  /** The Pareto front as SVG; null where left out. */
  readonly front: string | null;
}
