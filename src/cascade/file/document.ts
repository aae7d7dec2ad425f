import type {
  Cascade,
  ErrorRate,
  FrameSpan,
  LevelFactor,
  MeasuredCosts,
  MeasuredMs,
} from "./cascade.ts";

/** Raised whenever a cascade of before would be answered otherwise, or could not be read. */
export const CASCADE_FORMAT = 2;
/** Blocks of a luma thumbnail. */
export const BLOCK_COUNT = 100;

/** A file beside `cascade.json`. */
export interface CascadePart {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** `cascade.json` without the digest that seals it. */
export interface CascadeDocument {
  readonly format: typeof CASCADE_FORMAT;
  readonly question: Cascade["question"];
  readonly camera: Cascade["camera"];
  readonly reference: Cascade["reference"];
  readonly budgets: { readonly max_fn: number; readonly max_fp: number };
  readonly levels: {
    readonly t_skip: number;
    readonly difference: {
      readonly mode: "earlier" | "reference";
      readonly t_diff: number;
      readonly blocks: { readonly weights: readonly number[]; readonly bias: number } | null;
    } | null;
    readonly network: {
      readonly side: number;
      readonly c_low: number;
      readonly c_high: number;
    } | null;
  };
  readonly costs: {
    readonly ms: Readonly<
      Record<
        "decode" | "skipped" | "difference" | "network" | "reference" | "reference_core",
        MeasuredMs
      >
    >;
    readonly devices: string;
    readonly device_count: number;
    readonly cores: number;
    readonly contended: boolean;
  };
  readonly validation: {
    readonly frames: number;
    readonly false_negatives: ErrorRate;
    readonly false_positives: ErrorRate;
    readonly early: Readonly<
      Record<"present" | "false_negatives" | "absent" | "false_positives", number>
    >;
    readonly window_accuracy: number | null;
    readonly answers: Cascade["validation"]["answers"];
    readonly cascade_fps: number;
    readonly reference_fps: number;
  };
  readonly factors?: readonly LevelFactor[];
  readonly provenance: {
    readonly trained_at: string;
    readonly aip: string;
    readonly machine: Cascade["provenance"]["machine"];
    readonly footage: Cascade["provenance"]["footage"];
    readonly spans: Readonly<Record<"training" | "validation" | "tuning" | "held_out", FrameSpan>>;
    readonly labels: string;
    readonly architecture: string | null;
    readonly seed: number;
    readonly retrained?: {
      readonly frames: FrameSpan;
      readonly before: string;
      readonly count: number;
    };
    readonly tuned?: { readonly at: string; readonly count: number };
  };
  readonly parts: Readonly<
    Record<"network" | "manifest" | "reference" | "observations" | "front", CascadePart | null>
  >;
}

/** A cascade as `cascade.json` has it; its parts lie beside. */
export function toDocument(cascade: Cascade, parts: CascadeDocument["parts"]): CascadeDocument {
  const { question, levels, validation, provenance, costs, camera, reference } = cascade;
  const { difference, network } = levels;
  return {
    format: CASCADE_FORMAT,
    question: {
      classes: [...question.classes],
      confidence: question.confidence,
      region: question.region,
    },
    camera: { width: camera.width, height: camera.height },
    reference: { name: reference.name, sha256: reference.sha256 },
    budgets: { max_fn: cascade.budgets.maxFn, max_fp: cascade.budgets.maxFp },
    levels: {
      t_skip: levels.tSkip,
      difference: difference && {
        mode: difference.mode,
        t_diff: difference.tDiff,
        blocks: difference.blocks && {
          weights: [...difference.blocks.weights],
          bias: difference.blocks.bias,
        },
      },
      network: network && { side: network.side, c_low: network.cLow, c_high: network.cHigh },
    },
    costs: costsToDocument(costs),
    validation: {
      frames: validation.frames,
      false_negatives: { ...validation.falseNegatives },
      false_positives: { ...validation.falsePositives },
      early: {
        present: validation.early.present,
        false_negatives: validation.early.falseNegatives,
        absent: validation.early.absent,
        false_positives: validation.early.falsePositives,
      },
      window_accuracy: validation.windowAccuracy,
      answers: { ...validation.answers },
      cascade_fps: validation.cascadeFps,
      reference_fps: validation.referenceFps,
    },
    ...(cascade.factors !== undefined && { factors: cascade.factors.map((row) => ({ ...row })) }),
    provenance: {
      trained_at: provenance.trainedAt,
      aip: provenance.aip,
      machine: { ...provenance.machine },
      footage: { ...provenance.footage },
      spans: {
        training: { ...provenance.spans.training },
        validation: { ...provenance.spans.validation },
        tuning: { ...provenance.spans.tuning },
        held_out: { ...provenance.spans.heldOut },
      },
      labels: provenance.labels,
      architecture: provenance.architecture,
      seed: provenance.seed,
      ...(provenance.retrained !== undefined && { retrained: { ...provenance.retrained } }),
      ...(provenance.tuned !== undefined && { tuned: { ...provenance.tuned } }),
    },
    parts,
  };
}

/** What the parts of a cascade hold, read and checked. */
export interface PartContents {
  readonly network: Uint8Array | null;
  readonly manifest: Cascade["networkManifest"];
  readonly reference: Uint8Array | null;
  readonly observations: Uint8Array | null;
  readonly front: string | null;
}

/** The way back; document and parts have been checked. */
export function fromDocument(document: CascadeDocument, parts: PartContents): Cascade {
  const { levels, validation, provenance } = document;
  const { difference, network } = levels;
  return {
    question: document.question,
    camera: document.camera,
    reference: document.reference,
    budgets: { maxFn: document.budgets.max_fn, maxFp: document.budgets.max_fp },
    levels: {
      tSkip: levels.t_skip,
      difference: difference && {
        mode: difference.mode,
        tDiff: difference.t_diff,
        reference: parts.reference,
        blocks: difference.blocks && {
          weights: Float32Array.from(difference.blocks.weights),
          bias: difference.blocks.bias,
        },
      },
      network: network && {
        model: parts.network as Uint8Array,
        side: network.side,
        cLow: network.c_low,
        cHigh: network.c_high,
      },
    },
    networkManifest: parts.manifest,
    costs: costsFromDocument(document.costs),
    validation: {
      frames: validation.frames,
      falseNegatives: validation.false_negatives,
      falsePositives: validation.false_positives,
      early: {
        present: validation.early.present,
        falseNegatives: validation.early.false_negatives,
        absent: validation.early.absent,
        falsePositives: validation.early.false_positives,
      },
      windowAccuracy: validation.window_accuracy,
      answers: validation.answers,
      cascadeFps: validation.cascade_fps,
      referenceFps: validation.reference_fps,
    },
    ...(document.factors !== undefined && { factors: document.factors }),
    provenance: {
      trainedAt: provenance.trained_at,
      aip: provenance.aip,
      machine: provenance.machine,
      footage: provenance.footage,
      spans: {
        training: provenance.spans.training,
        validation: provenance.spans.validation,
        tuning: provenance.spans.tuning,
        heldOut: provenance.spans.held_out,
      },
      labels: provenance.labels,
      architecture: provenance.architecture,
      seed: provenance.seed,
      ...(provenance.retrained !== undefined && { retrained: provenance.retrained }),
      ...(provenance.tuned !== undefined && { tuned: provenance.tuned }),
    },
    observations: parts.observations,
    front: parts.front,
  };
}

function costsToDocument(costs: MeasuredCosts): CascadeDocument["costs"] {
  const { decode, skipped, difference, network, reference, referenceCore } = costs;
  return {
    ms: { decode, skipped, difference, network, reference, reference_core: referenceCore },
    devices: costs.devices,
    device_count: costs.deviceCount,
    cores: costs.cores,
    contended: costs.contended,
  };
}

function costsFromDocument(costs: CascadeDocument["costs"]): MeasuredCosts {
  const { reference_core: referenceCore, ...ms } = costs.ms;
  const { devices, device_count: deviceCount, cores, contended } = costs;
  return { ...ms, referenceCore, devices, deviceCount, cores, contended };
}
