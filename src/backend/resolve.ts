import { usageError } from "../errors.ts";
import { setNativeEnvironment } from "../native/environment.ts";
import type { DeviceSpec } from "./backend.ts";
import { coreMlMachine } from "./coreml/devices.ts";
import { readyModel } from "./coreml/ready.ts";
import { discoverMachine, type Machine } from "./discover.ts";
import { checkDevices, type DevicePlan, planDevices } from "./plan.ts";
import type { ModelTask } from "./session-task.ts";
import { readSimulatedOptions } from "./simulated-options.ts";

/** What devices are resolved from. */
export interface ResolveDevicesOptions {
  /** The run's model; asked for only when a real device runs it. */
  readonly model: () => Promise<ModelTask>;
  /** The model named by `model=FILE` of a simulated device. */
  readonly loadModel: (file: string) => Promise<ModelTask>;
  /** The machine, where it is known already. */
  readonly machine?: Machine;
  /** Whether the run's model is one of Core ML. */
  readonly isCoreMl?: boolean;
  /** Ends what takes a while. */
  readonly signal?: AbortSignal;
  /** Says at once what is about to take a while. */
  readonly tell?: (text: string) => void;
}

/** The plan of a run's devices, and what it was made from. */
export interface ResolvedDevices extends DevicePlan {
  /** Null where nobody had to look. */
  readonly machine: Machine | null;
  /** The run's model, ready for the devices; null where none runs it. */
  readonly model: ModelTask | null;
}

/** True when a real device is among them, so that the run needs its model. */
export function needsModel(specs: readonly DeviceSpec[]): boolean {
  return specs.some((spec) => spec.kind !== "sim");
}

/**
 * Plans the devices of a run on this machine and prepares the process for them: native code then
 * sees the variables they need. Call it before any worker starts.
 *
 * @throws {AipError} `device-unavailable`, `device-invalid`, and what the models throw
 */
export async function resolveDevices(
  specs: readonly DeviceSpec[],
  options: ResolveDevicesOptions,
): Promise<ResolvedDevices> {
  const files = new Set(specs.flatMap((spec) => simulatedModelFile(spec) ?? []));
  // Purely simulated runs need neither ONNX Runtime nor a look at the machine.
  const looks = needsModel(specs) || files.size > 0;
  const found = options.machine ?? (looks ? discoverMachine() : null);
  const machine = found !== null && options.isCoreMl === true ? coreMlMachine(found) : found;
  // Where there is no Core ML, loading one of its models says what would be right.
  const asked = options.isCoreMl === true && needsModel(specs) ? await options.model() : null;
  if (machine?.failure != null) throw usageError("device-unavailable", machine.failure);
  if (machine !== null) checkDevices(specs, machine);
  const model = asked ?? (needsModel(specs) ? await options.model() : null);
  const simulatedModels = new Map<string, ModelTask>();
  for (const file of files) simulatedModels.set(file, await options.loadModel(file));
  const given = { specs, machine: machine ?? BARE_MACHINE, model, notes: [] };
  const { signal = NEVER, tell = SILENT } = options;
  const ready = model === null ? given : await readyModel({ ...given, model, signal, tell });
  const plan = planDevices(ready.specs, { ...ready, simulatedModels });
  setNativeEnvironment(plan.environment);
  return {
    ...plan,
    notes: [...ready.notes, ...plan.notes],
    machine: machine === null ? null : ready.machine,
    model: ready.model,
  };
}

function simulatedModelFile(spec: DeviceSpec): string | null {
  return spec.kind === "sim" ? readSimulatedOptions(spec).modelFile : null;
}

const NEVER = new AbortController().signal;
const SILENT = (): void => undefined;

/** Stands for a machine nobody looked at. */
const BARE_MACHINE: Machine = {
  platform: process.platform,
  arch: process.arch,
  cpuModel: "",
  coreCount: 1,
  onnxRuntime: null,
  failure: null,
  devices: [],
};
