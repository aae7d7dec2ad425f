import { basename } from "node:path";
import { usageError } from "../../errors.ts";
import type { DeviceSpec } from "../backend.ts";
import { parseDevice } from "../device-spec.ts";
import type { Machine } from "../discover.ts";
import { coreMlTask, type ModelTask } from "../session-task.ts";
import { compiledModel } from "./compile.ts";
import { coreMlMachine, unitName } from "./devices.ts";
import { coreMlLines } from "./options.ts";
import type { StoredModel } from "./store.ts";
import { type Trial, tryModel } from "./trial.ts";
import { faultText, refusal, type Tried } from "./trial-text.ts";

/** Longest that compiling, or loading for a unit, may take; `AIP_COREML_PROBE_SECONDS`. */
const LIMIT_SECONDS = 300;

export interface ReadyOptions {
  readonly specs: readonly DeviceSpec[];
  readonly machine: Machine;
  readonly model: ModelTask;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
  /** Default: `AIP_COREML_PROBE_SECONDS`, else 300 s. */
  readonly limitMs?: number;
}

/** What can be planned with. */
export interface Ready {
  /** Those that can run the model. */
  readonly specs: readonly DeviceSpec[];
  /** The machine as Core ML sees it, without what cannot run the model. */
  readonly machine: Machine;
  /** The model, compiled. */
  readonly model: ModelTask;
  /** Sentences for the user: what was left out, and why. */
  readonly notes: readonly string[];
}

/** Models this process has taken from the cache: they stay there until it ends. */
const taken = new Map<string, StoredModel>();

/**
 * Makes a model ready for the devices that are to run it. One of Core ML is compiled, and tried on
 * each of them in a process of its own; a device on which it hangs, crashes or answers wrongly is
 * left out. Others are ready as they are.
 *
 * @throws {AipError} `device-unavailable` where no device is left; what compiling throws
 */
export async function readyModel(options: ReadyOptions): Promise<Ready> {
  const { specs, model, signal, tell } = options;
  if (model.coreMl === undefined) return { specs, machine: options.machine, model, notes: [] };
  const machine = coreMlMachine(options.machine);
  const wanted = specs.flatMap((spec) => concrete(spec, machine));
  const present = wanted.filter(({ kind }) => isAvailable(machine, kind));
  // What is missing is said by whoever plans.
  if (present.length < wanted.length || present.length === 0) {
    return { specs, machine, model, notes: [] };
  }
  const limitMs = options.limitMs ?? limitFromEnvironment();
  const stored = await compiledModel(model.path, {
    signal,
    tell,
    limitMs,
    chip: machine.cpuModel,
  });
  taken.get(stored.folder)?.[Symbol.dispose]();
  taken.set(stored.folder, stored);
  const ready = { ...model, coreMl: { ...model.coreMl, compiledPath: stored.compiledPath } };
  const trials = await tryAll(present, ready, stored.folder, { ...options, limitMs });
  // Nothing was found out that is worth keeping, as of a folder that only looks like a model.
  if (trials.every(({ trial }) => trial.verdict.outcome === "failed")) {
    taken.delete(stored.folder);
    stored.discard();
  }
  return without(trials, { specs, machine, model: ready });
}

/** The CPU first: the others' answers are compared with its own. */
async function tryAll(
  specs: readonly DeviceSpec[],
  model: ModelTask,
  folder: string,
  options: ReadyOptions & { readonly limitMs: number },
): Promise<readonly Tried[]> {
  const { machine, signal, tell, limitMs } = options;
  const attempt = async (spec: DeviceSpec, reference: string | null): Promise<Trial> => {
    const task = coreMlTask(spec, model);
    if (task.model?.coreMl === undefined) throw new TypeError("a task of Core ML has its model");
    return await tryModel({
      unit: spec.kind,
      what: `${basename(model.path)} for the ${unitName(spec.kind)}`,
      modelPath: model.path,
      model: task.model.coreMl,
      config: task.model.config,
      folder,
      chip: machine.cpuModel,
      reference,
      limitMs,
      signal,
      tell,
    });
  };
  const reference = await attempt(parseDevice("cpu"), null);
  return await Promise.all(
    specs.map(async (spec) => {
      const isReference = spec.kind === "cpu" && coreMlLines(spec).length === 0;
      return { spec, trial: isReference ? reference : await attempt(spec, reference.answer) };
    }),
  );
}

function without(
  tried: readonly Tried[],
  { specs, machine, model }: Pick<Ready, "specs" | "machine" | "model">,
): Ready {
  const reasons = new Map<string, string>();
  for (const { spec, trial } of tried) {
    const fault = faultText(trial, model.path);
    if (fault === null) continue;
    const unit = unitName(spec.kind);
    const name = basename(model.path);
    reasons.set(
      spec.text,
      `${spec.kind} is left out: when ${name} was tried on the ${unit}, ${fault}`,
    );
  }
  const left = specs.filter(({ text }) => !reasons.has(text));
  const uncompared = tried.filter(
    ({ spec, trial: { verdict } }) =>
      spec.kind !== "cpu" && verdict.outcome === "ok" && !verdict.compared,
  );
  const notes = [
    ...reasons.values(),
    ...uncompared.map(
      ({ spec }) => `what ${spec.kind} answers was not compared: the CPU cannot run the model`,
    ),
  ];
  const failed = new Set(
    tried.filter(({ spec }) => reasons.has(spec.text)).map(({ spec }) => spec.kind),
  );
  const devices = machine.devices.map((device) =>
    failed.has(device.kind) && specs.some(({ kind }) => kind === "auto" || kind === "all")
      ? { ...device, available: false, reason: reasons.get(device.kind) ?? device.reason }
      : device,
  );
  const usable = devices.some(({ available }) => available);
  if (left.length === 0 || !usable) {
    throw usageError(
      "device-unavailable",
      `No device can run model "${model.path}": ${refusal(tried, model.path)}`,
    );
  }
  return { specs: left, machine: { ...machine, devices }, model, notes };
}

/** What `auto` and `all` stand for; simulated devices need no model of Core ML. */
function concrete(spec: DeviceSpec, machine: Machine): readonly DeviceSpec[] {
  if (spec.kind === "sim") return [];
  if (spec.kind !== "auto" && spec.kind !== "all") return [spec];
  return machine.devices.filter(({ available }) => available).map(({ kind }) => parseDevice(kind));
}

function isAvailable(machine: Machine, kind: string): boolean {
  return machine.devices.some((device) => device.kind === kind && device.available);
}

function limitFromEnvironment(): number {
  const text = process.env["AIP_COREML_PROBE_SECONDS"] ?? "";
  if (text === "") return LIMIT_SECONDS * 1000;
  const value = Number(text);
  if (value > 0 && value <= 86_400) return value * 1000;
  throw usageError(
    "option-invalid",
    `AIP_COREML_PROBE_SECONDS is "${text}": it must be a number of seconds above 0, at most 86400`,
  );
}
