/** What is optimised: frames a second, or the time of a frame from being taken to its answer. */
export type CalibrationGoal = "throughput" | "latency";

/** What a calibration holds for; it says nothing of any other machine, model or version. */
export interface CalibrationKey {
  /** `linux x64` */
  readonly platform: string;
  /** Model name of the processor. */
  readonly cpu: string;
  readonly cores: number;
  /**
   * Kinds of devices and what they are: `gpu: ONNX Runtime 1.30.0 WebGPU on llvmpipe, software`.
   */
  readonly devices: readonly string[];
  /** `modelHash` of the model, hexadecimal; null where no model is run. */
  readonly model_sha256: string | null;
  /** Input the model is run at, `416x416`; null where no model is run. */
  readonly input_size: string | null;
  /** Version of ONNX Runtime; null where it takes no part. */
  readonly onnx_runtime: string | null;
  readonly aip: string;
  /** Hash of the binary layout, hexadecimal. */
  readonly layout: string;
}

/** Service times of frames in ms. */
export interface ServiceFigures {
  readonly mean: number;
  /** Coefficient of variation: standard deviation over mean. */
  readonly cv: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** A mean with its 95 % confidence interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Means of a frame's stages in ms; all 0 for a simulated device without a model. `inference` is
 * that of the whole call.
 */
export interface StageFigures {
  readonly preprocess: number;
  readonly inference: number;
  readonly postprocess: number;
}

/** One instance within a measured candidate, as it did beside the others. */
export interface InstanceFigures {
  /** `cpu-0` */
  readonly id: string;
  readonly kind: string;
  /** Frames answered in one call. */
  readonly batch: number;
  /** Time each further frame adds to a call, as a share of a single frame's; 1 without batches. */
  readonly batch_cost: number;
  /** Time of a call: with `batch` frames, that of all of them. */
  readonly service_ms: ServiceFigures;
  readonly stages_ms: StageFigures;
  readonly throughput_fps: number;
  /** Memory it added to the process, in MiB. */
  readonly memory_mb: number;
}

/** One combination of devices, measured running all at once. Of one instance: a device alone. */
export interface Candidate {
  /** What `--device` takes: `cpu:threads=1:replicas=2,gpu:replicas=1`, every count written out. */
  readonly devices: string;
  /** Whether a real decoder ran beside it. */
  readonly decoding: boolean;
  readonly instances: readonly InstanceFigures[];
  /** Of frames that were answered. */
  readonly throughput_fps: Interval;
  /** Frames that failed, as a share of all that were taken. */
  readonly failed_share: number;
  /**
   * Of all frames of all instances, from being taken to being answered; `interval` is that of the
   * median, by which candidates are compared.
   */
  readonly latency_ms: ServiceFigures & { readonly interval: Interval };
  /** Memory all its instances together added to the process, in MiB. */
  readonly memory_mb: number;
}

/** What decoding a source costs the processor. */
export interface DecodeFigures {
  /** What was decoded, for people: `person.mp4`. */
  readonly source: string;
  readonly width: number;
  readonly height: number;
  /** As it was read: `native 768x432`, or `scaled 3840x2160 → 416x234` by the decoder. */
  readonly ingest: string;
  /** Processor time of a frame in ms, on all cores together. */
  readonly cpu_ms: number;
  /** The same for a million pixels: what another size is expected to cost. */
  readonly cpu_ms_per_megapixel: number;
  /** Frames a second it reaches alone. */
  readonly throughput_fps: number;
}

/** A device that could not be measured, or measurably does not help. */
export interface LeftOut {
  readonly devices: string;
  readonly reason: string;
}

/** Measured once, used by every run of the same model on the same machine. Keys as in the file. */
export interface Calibration {
  /** Version of this form. */
  readonly format: typeof CALIBRATION_FORMAT;
  readonly key: CalibrationKey;
  /** For people: when it was measured, ISO 8601. */
  readonly measured_at: string;
  /** Whether it was cut short, as before a first run: any later one replaces it. */
  readonly quick: boolean;
  /** What `auto` stands for. */
  readonly goal: CalibrationGoal;
  /** Device lists, each the `devices` of a candidate. */
  readonly chosen: Readonly<Record<CalibrationGoal, string>>;
  readonly candidates: readonly Candidate[];
  /**
   * How uncertain the figures are that the choice was made by: half of their widest 95 % interval,
   * as a share of its mean. Null where nothing was measured.
   */
  readonly noise: number | null;
  readonly left_out: readonly LeftOut[];
  /** Null where no source was decoded. */
  readonly decode: DecodeFigures | null;
  /** Memory of the process before any instance, in MiB. */
  readonly base_memory_mb: number;
  /** Size of the frames the devices were given. */
  readonly frame: { readonly width: number; readonly height: number };
}

/** Raised when a file of the old form can no longer be read. */
export const CALIBRATION_FORMAT = 3;

/** The candidate that was chosen for a goal. */
export function chosenCandidate(
  calibration: Calibration,
  goal: CalibrationGoal = calibration.goal,
): Candidate | undefined {
  const devices = calibration.chosen[goal];
  return calibration.candidates.find((candidate) => candidate.devices === devices);
}
