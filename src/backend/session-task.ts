import { usageError } from "../errors.ts";
import { ComputeUnits, Provider, SessionConfig } from "../layout/layout.gen.ts";
import type { BatchOption, DeviceSpec, SessionTask, SimulatedOptions } from "./backend.ts";
import { coreMlBatch } from "./coreml/batch.ts";
import { coreMlLines, refuseCoreMlOptions } from "./coreml/options.ts";
import { COREML_PROVIDER_NAME, coreMlProviderOptions } from "./coreml-provider.ts";
import { readBatch } from "./device-options.ts";
import type { Machine, MachineDevice } from "./discover.ts";
import { providerOfKind } from "./providers.ts";

/** A model as sessions need it: its file, and a `session_config` without provider and threads. */
export interface ModelTask {
  readonly path: string;
  /** The model as it is run, in shared memory, where that is not as it stands in the file. */
  readonly bytes: Uint8Array | null;
  /** A `session_config` struct; its provider and thread count are filled in per device. */
  readonly config: Uint8Array;
  /** Pictures it takes in one run; null for any number. Absent: 1. */
  readonly batchSize?: number | null;
  /** Absent for a model that ONNX Runtime runs. */
  readonly coreMl?: CoreMlTask;
  /** Where ONNX Runtime keeps what Core ML compiles of it; absent: nowhere. See `readyOnnx`. */
  readonly coreMlCache?: string;
}

/** What a Core ML model has besides. */
export interface CoreMlTask {
  /** Lines for the native library that name the outputs to read, see `CoreMlOptions.swift`. */
  readonly answer: readonly string[];
  /** The compiled model; null before it has been made, see `readyCoreMl`. */
  readonly compiledPath: string | null;
}

/** Options that belong to the planner; a named provider gets the others. */
const PLANNER_OPTIONS: readonly string[] = ["batch", "replicas", "weight"];

/** Most frames of a call that `batch=auto` tries. */
const AUTO_BATCH_MAX = 8;

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
  const { spec, model, threadCount, runtime } = options;
  refuseCoreMlOptions(spec, model.path);
  const { provider, providerOptions } = executionProvider(options);
  const isOpen = model.batchSize === null && provider === Provider.coreml;
  // Core ML gets fixed shapes, and calls of several pictures were not seen to gain anything there.
  const batch = isOpen && readBatch(spec) === "auto" ? 1 : batchFor(spec, model);
  const config = configure(model, { provider, threadCount, batch });
  return {
    model: { path: model.path, bytes: model.bytes, config, providerOptions },
    onnxRuntimePath: runtime.path,
    simulated: null,
    ...(batch !== 1 && { batch }),
  };
}

const COMPUTE_UNITS: Readonly<Record<string, number>> = {
  cpu: ComputeUnits.cpuOnly,
  gpu: ComputeUnits.cpuAndGpu,
  ane: ComputeUnits.cpuAndNeuralEngine,
};

/** The task of an instance that runs a model through Core ML. */
export function coreMlTask(spec: DeviceSpec, model: ModelTask): SessionTask {
  const { coreMl, path, bytes } = model;
  const computeUnits = COMPUTE_UNITS[spec.kind];
  if (coreMl?.compiledPath == null || computeUnits === undefined) {
    throw new TypeError(`coreMlTask: "${path}" is not ready for device "${spec.kind}"`);
  }
  const isSingle = (model.batchSize ?? 1) === 1;
  const batch = isSingle ? coreMlBatch(spec, path, coreMl.answer) : batchFor(spec, model);
  const config = configure(model, { provider: Provider.coreml, threadCount: 0, batch });
  const options = [...coreMl.answer, ...coreMlLines(spec)].join("\n");
  const { compiledPath } = coreMl;
  return {
    model: {
      path,
      bytes,
      config,
      providerOptions: null,
      coreMl: { compiledPath, computeUnits, options },
    },
    onnxRuntimePath: null,
    simulated: null,
    ...(batch !== 1 && { batch }),
  };
}

/** The task of a simulated instance; with a model, it gives that model's answers. */
export function simulatedTask(
  spec: DeviceSpec,
  simulated: SimulatedOptions,
  model: ModelTask | null,
  runtime: Machine["onnxRuntime"],
): SessionTask {
  const asked = readBatch(spec);
  // What a simulated device gains is no question: it is what was asked for.
  const batch = asked === "auto" ? 1 : model === null ? asked : batchFor(spec, model);
  const batching = batch === 1 ? {} : { batch };
  if (model === null) return { model: null, onnxRuntimePath: null, simulated, ...batching };
  if (model.coreMl !== undefined) {
    throw usageError(
      "device-invalid",
      `Device "${spec.text}" cannot answer with model "${model.path}": it takes ONNX models`,
    );
  }
  const config = configure(model, { provider: Provider.cpu, threadCount: 1, batch });
  return {
    model: { path: model.path, bytes: model.bytes, config, providerOptions: null },
    onnxRuntimePath: runtime?.path ?? null,
    simulated,
    ...batching,
  };
}

/**
 * Frames a device gives this model in one call, at most.
 * @throws {AipError} `device-invalid` where the model takes fewer than were asked for
 */
function batchFor(spec: DeviceSpec, { path, batchSize = 1 }: ModelTask): BatchOption {
  const batch = readBatch(spec);
  if (batchSize === null) return batch;
  if (batch === "auto") return batchSize === 1 ? 1 : "auto";
  if (batch <= batchSize) return batch;
  const takes = batchSize === 1 ? "one picture" : `${batchSize} pictures`;
  throw usageError(
    "device-invalid",
    `Device "${spec.text}" has batch ${batch}, but model "${path}" takes ${takes} at a time: ` +
      "export it with a dynamic batch",
  );
}

/** Which provider serves a device, and the `key=value` lines it is given. */
function executionProvider({
  spec,
  device,
  model,
}: Pick<OnnxTaskOptions, "spec" | "device" | "model">): {
  readonly provider: number;
  readonly providerOptions: string | null;
} {
  switch (device.provider) {
    case "CPUExecutionProvider":
      return { provider: Provider.cpu, providerOptions: null };
    case "WebGpuExecutionProvider":
      return { provider: Provider.webgpu, providerOptions: null };
    case COREML_PROVIDER_NAME:
      return {
        provider: Provider.coreml,
        providerOptions: coreMlProviderOptions(spec.kind, model.coreMlCache),
      };
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

interface Settings {
  readonly provider: number;
  readonly threadCount: number;
  readonly batch: BatchOption;
}

function configure(model: ModelTask, { provider, threadCount, batch }: Settings): Uint8Array {
  const config = model.config.slice();
  const view = new DataView(config.buffer, config.byteOffset, config.byteLength);
  view.setUint32(SessionConfig.provider, provider, true);
  view.setUint32(SessionConfig.threadCount, threadCount, true);
  view.setUint32(SessionConfig.batchSizeMax, batch === "auto" ? AUTO_BATCH_MAX : batch, true);
  return config;
}
