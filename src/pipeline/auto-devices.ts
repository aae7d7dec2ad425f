import type { DeviceSpec } from "../backend/backend.ts";
import { readyModel } from "../backend/coreml/ready.ts";
import { parseDevice } from "../backend/device-spec.ts";
import { discoverMachine, type Machine } from "../backend/discover.ts";
import { needsModel } from "../backend/resolve.ts";
import { type AutoDevices, autoDevices } from "../calibration/auto.ts";
import type { RunConfig } from "../config/run-config.ts";
import type { Source } from "../source/source.ts";
import type { LoadedModel } from "./load-model.ts";

const PROBES_STARTED_MS = 2;

export interface SettleOptions {
  readonly config: RunConfig;
  readonly load: (name: string) => LoadedModel;
  readonly sources: readonly Source[];
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

/** The devices of a run, with what had to be looked at to tell what `auto` stands for. */
export interface SettledDevices extends AutoDevices {
  readonly machine: Machine | null;
  readonly model: LoadedModel | null;
}

/**
 * Loads ONNX Runtime, a large library, while other processes probe the sources. What is wrong with
 * it is said when the devices are resolved.
 */
export async function preloadRuntime(config: RunConfig): Promise<void> {
  if (!needsModel(config.devices.map(parseDevice))) return;
  // Loading blocks this thread: first the probes must have been started.
  await Bun.sleep(PROBES_STARTED_MS);
  discoverMachine();
}

/**
 * Replaces `auto`, where it stands alone, by what the calibration chose. Devices that are named are
 * not calibrated.
 */
export async function settleAuto(options: SettleOptions): Promise<SettledDevices> {
  const { config, load, sources, signal, tell } = options;
  const specs: readonly DeviceSpec[] = config.devices.map(parseDevice);
  const named = { specs, measured: null, notes: [], machine: null, model: null };
  const [source] = sources;
  const isAuto = specs.length === 1 && specs[0]?.kind === "auto";
  if (!isAuto || source === undefined) return named;
  const machine = discoverMachine();
  // What is wrong with the machine is said when the devices are resolved.
  if (!machine.devices.some(({ available }) => available)) return { ...named, machine };
  const loaded = load(config.model);
  const ready = await readyModel({ specs, machine, model: loaded.task, signal, tell });
  const model = { ...loaded, task: ready.model };
  const { geometry } = source.info;
  const { path, name, input } = model.spec;
  const auto = await autoDevices({
    machine: ready.machine,
    model: { path, name, input },
    task: model.task,
    geometry,
    signal,
    tell,
  });
  return { ...auto, notes: [...ready.notes, ...auto.notes], machine: ready.machine, model };
}
