import type { DeviceInstance } from "../backend/backend.ts";
import { readyModel } from "../backend/coreml/ready.ts";
import { parseDevice, parseDevices } from "../backend/device-spec.ts";
import { discoverMachine, type Machine } from "../backend/discover.ts";
import { planDevices } from "../backend/plan.ts";
import type { ModelTask } from "../backend/session-task.ts";
import { readSimulatedOptions } from "../backend/simulated-options.ts";
import { resolveRunConfig } from "../config/schema.ts";
import { setNativeEnvironment } from "../native/environment.ts";
import { type LoadedModel, loadModel } from "../pipeline/load-model.ts";

/** What is needed to plan the devices that are looked at. */
export interface UnitOptions {
  /** As `--model` takes it; null where only simulated devices run. */
  readonly model: string | null;
  readonly inputSize: { readonly width: number; readonly height: number } | null;
  /** Device texts, such as `cpu:threads=1`. */
  readonly devices: readonly string[];
  /** Least confidence of what is detected; absent: the model's own. */
  readonly confidence?: number;
  /** Absent: this machine is looked at. */
  readonly machine?: Machine;
  /** Ends what takes a while. */
  readonly signal?: AbortSignal;
  /** Says at once what is about to take a while. */
  readonly tell?: (text: string) => void;
}

/**
 * Refuses a model that no device could run, before any is tried.
 * @throws {AipError} category `usage`
 */
export function checkModel({ model, inputSize }: Pick<UnitOptions, "model" | "inputSize">): void {
  if (model !== null) loadModel(model, resolveRunConfig(inputSize === null ? {} : { inputSize }));
}

/** The devices that are looked at, ready to be opened. */
export interface PlannedUnits {
  readonly model: LoadedModel | null;
  /** Instances of device texts, as `planDevices` makes them. */
  readonly plan: (devices: string) => readonly DeviceInstance[];
}

/**
 * Loads the model, makes it ready for the devices, and prepares the process for them. Call it
 * before any worker runs native code.
 *
 * @throws {AipError} where the model cannot be used, or a device is not there or cannot run it
 */
export async function planUnits(options: UnitOptions): Promise<PlannedUnits> {
  const { inputSize, confidence, signal = NEVER, tell = () => undefined } = options;
  const config = resolveRunConfig({
    ...(inputSize !== null && { inputSize }),
    ...(confidence !== undefined && { confidence }),
  });
  const specs = options.devices.map((device) => parseDevice(device));
  const model = options.model === null ? null : loadModel(options.model, config);
  const simulatedModels = new Map<string, ModelTask>();
  for (const spec of specs) {
    const file = spec.kind === "sim" ? readSimulatedOptions(spec).modelFile : null;
    if (file !== null) simulatedModels.set(file, loadModel(file, config).task);
  }
  const given = { machine: options.machine ?? discoverMachine(), model: null };
  const ready =
    model === null ? given : await readyModel({ specs, ...given, model: model.task, signal, tell });
  const plan = (text: string): ReturnType<typeof planDevices> =>
    planDevices(parseDevices(text), { ...ready, simulatedModels });
  setNativeEnvironment(plan(options.devices.join(",")).environment);
  return { model, plan: (text) => plan(text).instances };
}

const NEVER = new AbortController().signal;
