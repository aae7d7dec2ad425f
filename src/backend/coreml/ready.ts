import { basename } from "node:path";
import { AipError } from "../../errors.ts";
import type { DeviceSpec } from "../backend.ts";
import { parseDevice } from "../device-spec.ts";
import { coreMlTask, type ModelTask } from "../session-task.ts";
import { compiledModel } from "./compile.ts";
import { coreMlMachine, unitName } from "./devices.ts";
import { withoutFaulty } from "./left-out.ts";
import { coreMlLines } from "./options.ts";
import { readyOnnx } from "./ready-onnx.ts";
import {
  concrete,
  isAvailable,
  limitFromEnvironment,
  type Ready,
  type ReadyOptions,
} from "./ready-options.ts";
import type { StoredModel } from "./store.ts";
import { type Trial, tryModel } from "./trial.ts";
import type { Tried } from "./trial-text.ts";

/** Models this process has taken from the cache: they stay there until it ends. */
const taken = new Map<string, StoredModel>();

/** Keeps a model, whose mark in the cache goes when this process ends in order. */
function take(stored: StoredModel): void {
  if (taken.size === 0) process.once("exit", giveBack);
  taken.get(stored.folder)?.[Symbol.dispose]();
  taken.set(stored.folder, stored);
}

function giveBack(): void {
  for (const stored of taken.values()) stored[Symbol.dispose]();
  taken.clear();
}

/**
 * Makes a model ready for the devices that are to run it. One of Core ML is compiled, and tried on
 * each of them in a process of its own; a device on which it hangs, crashes or answers wrongly is
 * left out. So is one on which ONNX Runtime's Core ML provider does; other models are ready as they
 * are.
 *
 * @throws {AipError} `device-unavailable` where no device is left; what compiling throws
 */
export async function readyModel(options: ReadyOptions): Promise<Ready> {
  const { specs, model, signal, tell } = options;
  if (model.coreMl === undefined) return await readyOnnx(options);
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
  take(stored);
  const ready = { ...model, coreMl: { ...model.coreMl, compiledPath: stored.compiledPath } };
  const discard = (): void => {
    taken.delete(stored.folder);
    stored.discard();
  };
  let trials: readonly Tried[];
  try {
    trials = await tryAll(present, ready, stored.folder, { ...options, limitMs });
  } catch (error) {
    // On a full disk it would only be in the way.
    if (stored.isNew && error instanceof AipError && error.code === "cache-unwritable") discard();
    throw error;
  }
  // Nothing was found out that is worth keeping, as of a folder that only looks like a model.
  if (trials.every(({ trial }) => trial.verdict.outcome === "failed")) discard();
  return withoutFaulty(trials, { specs, machine, model: ready });
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
      session: { kind: "coreml", ...task.model.coreMl },
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
