import type { DeviceInstance } from "../backend/backend.ts";
import { resolveDevices } from "../backend/resolve.ts";
import { withMeasured } from "../calibration/auto.ts";
import { checkOutputs } from "../config/outputs.ts";
import { type RunConfig, runDefaults } from "../config/run-config.ts";
import { checkSourceNames } from "../config/source-values.ts";
import { coreMlFormat } from "../coreml/inspect.ts";
import { closeFd, createPipe } from "../native/library.ts";
import { parseSchedule, withWeights } from "../schedule/schedule-spec.ts";
import { findResumePoints, type ResumePoint } from "../sink/resume-point.ts";
import { openSources } from "../source/open.ts";
import type { Source } from "../source/source.ts";
import { settleAuto } from "./auto-devices.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";
import type { Retrainer } from "./retrainer.ts";
import type { RunCascade } from "./run-cascade.ts";

/** Where each source goes on, by its name; empty for a run that follows none. */
export type ResumePoints = ReadonlyMap<string, ResumePoint>;

/** What a run is made of, opened and checked: nothing has been started or written. */
export interface Opened {
  readonly sources: readonly Source[];
  /** The first one names the classes; empty where only devices without a model run. */
  readonly models: readonly LoadedModel[];
  readonly instances: readonly DeviceInstance[];
  readonly resumed: ResumePoints;
  /** Answers most frames early; null where every frame is inferred. */
  readonly cascade: RunCascade | null;
  /** Trains a cascade anew; null where nobody can. */
  readonly retrainer: Retrainer | null;
  /** Every how many frames of a video have pixels; those between have the last answer. */
  readonly every: number;
  /** What people should know of all this. */
  readonly notes: readonly string[];
  /** Version of ONNX Runtime, where it takes part. */
  readonly onnxRuntimeVersion: string | null;
}

export interface OpenOptions {
  /** How the processes ended that ran this before. */
  readonly crashes: readonly string[];
  /** Frame each source starts with. */
  readonly firstFrame: number;
  /** Answers most frames early; left out where every frame is inferred. */
  readonly cascade?: RunCascade | null;
  readonly retrainer?: Retrainer | null;
  /** Every how many frames of a video have pixels; default 1. */
  readonly every?: number;
  /** Ends what takes a while. */
  readonly signal: AbortSignal;
  /** Says at once what is about to take a while. */
  readonly tell: (text: string) => void;
}

/**
 * Opens the sources a configuration names. The caller closes them.
 * @param every every how many frames of a video pixels are wanted
 */
export function openNamedSources(
  names: readonly string[],
  config: RunConfig,
  every = 1,
): Promise<readonly Source[]> {
  return openSources(names, {
    pipes: { createPipe, closeFd },
    hwaccel: config.hwaccel,
    ...(every > 1 && { every }),
    ...(config.pixelFormat !== undefined && { pixelFormat: config.pixelFormat }),
    ...(config.frames !== undefined && { frames: config.frames }),
  });
}

/**
 * Settles models and devices for these sources, and where an earlier run left off.
 * @throws {AipError} category `usage`
 */
export async function openRun(
  sources: readonly Source[],
  config: RunConfig,
  options: OpenOptions,
): Promise<Opened> {
  checkOutputs(config, sources);
  checkSourceNames(
    config,
    sources.map(({ name }) => name),
  );
  const models: LoadedModel[] = [];
  const load = (name: string): LoadedModel => {
    const model = loadModel(name, config);
    models.push(model);
    return model;
  };
  const {
    specs,
    measured,
    notes: autoNotes,
    machine: known,
    model,
  } = await settleAuto({ config, load, sources, ...options });
  const { instances, notes, machine } = await resolveDevices(specs, {
    model: async () => (model ?? load(config.model)).task,
    loadModel: async (name) => load(name).task,
    isCoreMl: coreMlFormat(config.model) !== undefined,
    signal: options.signal,
    tell: options.tell,
    ...(known !== null && { machine: known }),
  });
  const resumed =
    options.firstFrame > 0
      ? new Map(sources.map(({ name }) => [name, { nextFrame: options.firstFrame, elapsedMs: 0 }]))
      : await resumePoints(sources, config);
  for (const source of sources) {
    const { nextFrame = 0 } = resumed.get(source.name) ?? {};
    if (nextFrame > 0) source.startAt?.(nextFrame);
  }
  const isUnused = models.length === 0 && config.model !== runDefaults.model;
  return {
    sources,
    models,
    instances: withWeights(parseSchedule(config.schedule), withMeasured(instances, measured)),
    resumed,
    cascade: options.cascade ?? null,
    retrainer: options.retrainer ?? null,
    every: options.every ?? 1,
    notes: [
      ...autoNotes,
      ...notes,
      ...(isUnused ? [`model "${config.model}" is not used: no device here runs one`] : []),
      ...models.flatMap((model) => model.spec.notes),
      ...resumeNotes(resumed, options.crashes),
    ],
    onnxRuntimeVersion: machine?.onnxRuntime?.version ?? null,
  };
}

/** Frames all sources will deliver; undefined where one cannot tell. */
export function totalFrames(opened: Opened, limit: number | undefined): number | undefined {
  let total = 0;
  for (const { info, name } of opened.sources) {
    const count = info.frameCount ?? limit;
    if (count === undefined) return undefined;
    const whole = limit === undefined ? count : Math.min(count, limit);
    total += Math.max(0, whole - (opened.resumed.get(name)?.nextFrame ?? 0));
  }
  return total;
}

async function resumePoints(
  sources: readonly Source[],
  { resume, output }: RunConfig,
): Promise<ResumePoints> {
  if (!resume || output === undefined) return new Map();
  return await findResumePoints(
    output,
    sources.map(({ name }) => name),
  );
}

/** What people should know of the runs this one follows. */
function resumeNotes(resumed: ResumePoints, crashes: readonly string[]): string[] {
  const notes = crashes.length === 0 ? [] : [`restarted after a crash: ${crashes.join(", ")}`];
  for (const [name, { nextFrame }] of resumed) {
    const frames = nextFrame === 1 ? "frame 0 comes" : `frames 0 to ${nextFrame - 1} come`;
    notes.push(`${name}: ${frames} from an earlier run, and are not in these figures`);
  }
  return notes;
}
