import { Provider, SessionConfig } from "../layout/layout.gen.ts";
import type { DeviceSpec, SessionTask, SimulatedOptions } from "./backend.ts";
import type { Machine, MachineDevice } from "./discover.ts";
import { providerOfKind } from "./providers.ts";

/** A model as sessions need it: its file, and a `session_config` without provider and threads. */
export interface ModelTask {
  readonly path: string;
  /** The model as it is run, in shared memory, where that is not as it stands in the file. */
  readonly bytes: Uint8Array | null;
  /** A `session_config` struct; its provider and thread count are filled in per device. */
  readonly config: Uint8Array;
}

/** Options that belong to the planner; a named provider gets the others. */
const PLANNER_OPTIONS: readonly string[] = ["replicas", "weight"];

const COREML_UNITS: Readonly<Record<string, string>> = {
  ane: "CPUAndNeuralEngine",
  gpu: "CPUAndGPU",
};

interface OnnxTaskOptions {
  readonly spec: DeviceSpec;
  readonly device: MachineDevice;
  readonly model: ModelTask;
  /** 0 leaves it to the provider. */
  readonly threadCount: number;
  readonly runtime: NonNullable<Machine["onnxRuntime"]>;
}

/** The task of an instance that runs a model through ONNX Runtime. */
export function onnxTask(options: OnnxTaskOptions): SessionTask {
  const { spec, device, model, threadCount, runtime } = options;
  const { provider, providerOptions } = executionProvider(spec, device);
  return {
    model: { ...model, config: configure(model, provider, threadCount), providerOptions },
    onnxRuntimePath: runtime.path,
    simulated: null,
  };
}

/** The task of a simulated instance; with a model, it gives that model's answers. */
export function simulatedTask(
  simulated: SimulatedOptions,
  model: ModelTask | null,
  runtime: Machine["onnxRuntime"],
): SessionTask {
  if (model === null) return { model: null, onnxRuntimePath: null, simulated };
  const config = configure(model, Provider.cpu, 1);
  return {
    model: { ...model, config, providerOptions: null },
    onnxRuntimePath: runtime?.path ?? null,
    simulated,
  };
}

/** Which provider serves a device, and the `key=value` lines it is given. */
function executionProvider(
  spec: DeviceSpec,
  device: MachineDevice,
): { readonly provider: number; readonly providerOptions: string | null } {
  switch (device.provider) {
    case "CPUExecutionProvider":
      return { provider: Provider.cpu, providerOptions: null };
    case "WebGpuExecutionProvider":
      return { provider: Provider.webgpu, providerOptions: null };
    case "CoreMLExecutionProvider": {
      const lines = ["ModelFormat=MLProgram", `MLComputeUnits=${COREML_UNITS[spec.kind] ?? "ALL"}`];
      return { provider: Provider.coreml, providerOptions: lines.join("\n") };
    }
    default: {
      const lines = [...spec.options]
        .filter(([key]) => !PLANNER_OPTIONS.includes(key))
        .map(([key, value]) => `${key}=${value}`);
      if (spec.kind === "cuda") {
        const providerOptions = lines.length === 0 ? null : lines.join("\n");
        return { provider: Provider.cuda, providerOptions };
      }
      const name = providerOfKind(spec.kind)?.name ?? spec.kind;
      return { provider: Provider.named, providerOptions: [name, ...lines].join("\n") };
    }
  }
}

function configure(model: ModelTask, provider: number, threadCount: number): Uint8Array {
  const config = model.config.slice();
  const view = new DataView(config.buffer, config.byteOffset, config.byteLength);
  view.setUint32(SessionConfig.provider, provider, true);
  view.setUint32(SessionConfig.threadCount, threadCount, true);
  return config;
}
