import { usageError } from "../errors.ts";
import { setNativeEnvironment } from "../native/environment.ts";
import type { DeviceSpec } from "./backend.ts";
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
): Promise<DevicePlan & { readonly machine: Machine | null }> {
  const files = new Set(specs.flatMap((spec) => simulatedModelFile(spec) ?? []));
  // Purely simulated runs need neither ONNX Runtime nor a look at the machine.
  const looks = needsModel(specs) || files.size > 0;
  const machine = options.machine ?? (looks ? discoverMachine() : null);
  if (machine?.failure != null) throw usageError("device-unavailable", machine.failure);
  if (machine !== null) checkDevices(specs, machine);
  const model = needsModel(specs) ? await options.model() : null;
  const simulatedModels = new Map<string, ModelTask>();
  for (const file of files) simulatedModels.set(file, await options.loadModel(file));
  const plan = planDevices(specs, { machine: machine ?? BARE_MACHINE, model, simulatedModels });
  setNativeEnvironment(plan.environment);
  return { ...plan, machine };
}

function simulatedModelFile(spec: DeviceSpec): string | null {
  return spec.kind === "sim" ? readSimulatedOptions(spec).modelFile : null;
}

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
