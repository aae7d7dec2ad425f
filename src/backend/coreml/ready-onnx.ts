import { basename } from "node:path";
import type { DeviceSpec } from "../backend.ts";
import { COREML_PROVIDER_NAME, coreMlProviderCache } from "../coreml-provider.ts";
import { parseDevice } from "../device-spec.ts";
import type { MachineDevice } from "../discover.ts";
import { onnxTask } from "../session-task.ts";
import { unitName } from "./devices.ts";
import { withoutFaulty } from "./left-out.ts";
import { concrete, limitFromEnvironment, type Ready, type ReadyOptions } from "./ready-options.ts";
import { type Trial, tryModel } from "./trial.ts";

/**
 * Makes an ONNX model ready for the devices on which ONNX Runtime hands it to Core ML: its cache is
 * made, and it is tried there in a process of its own, as the first load may hang and the first
 * prediction crash. Where no such device is asked for, nothing is to be done.
 *
 * @throws {AipError} `device-unavailable` where no device is left; `cache-unwritable`
 */
export async function readyOnnx(options: ReadyOptions): Promise<Ready> {
  const { specs, machine, model } = options;
  const runtime = machine.onnxRuntime;
  const given = concreteDevices(options);
  if (given.length === 0 || runtime === null) return { specs, machine, model, notes: [] };
  const coreMlCache = model.coreMlCache ?? coreMlProviderCache(model, runtime.version);
  const ready = { ...model, coreMlCache };
  const { signal, tell, limitMs = limitFromEnvironment() } = options;
  const attempt = async (target: Target, reference: string | null): Promise<Trial> => {
    const { spec } = target;
    const task = onnxTask({ ...target, model: ready, threadCount: 0, runtime });
    if (task.model === null) throw new TypeError("a task of ONNX Runtime has its model");
    return await tryModel({
      unit: spec.kind,
      what: `${basename(model.path)} for the ${unitName(spec.kind)}`,
      modelPath: model.path,
      session: {
        kind: "onnx",
        providerOptions: task.model.providerOptions,
        onnxRuntimePath: runtime.path,
        isMerged: model.bytes !== null,
      },
      config: task.model.config,
      folder: coreMlCache,
      chip: machine.cpuModel,
      reference,
      limitMs,
      signal,
      tell,
    });
  };
  const reference = await referenceAnswer(options, attempt);
  const tried = await Promise.all(
    given.map(async (target) => ({ spec: target.spec, trial: await attempt(target, reference) })),
  );
  return withoutFaulty(tried, { specs, machine, model: ready });
}

/** A device as it was asked for, and as the machine has it. */
interface Target {
  readonly spec: DeviceSpec;
  readonly device: MachineDevice;
}

/** Those that Core ML serves; what is missing is said by whoever plans. */
function concreteDevices({ specs, machine }: Pick<ReadyOptions, "specs" | "machine">): Target[] {
  return specs
    .flatMap((spec) => concrete(spec, machine))
    .flatMap((spec) => {
      const device = machine.devices.find(({ kind }) => kind === spec.kind);
      const isServed = device?.available === true && device.provider === COREML_PROVIDER_NAME;
      return isServed ? [{ spec, device }] : [];
    });
}

/** ONNX Runtime's own answer on the processor; null where it has none. */
async function referenceAnswer(
  { machine }: ReadyOptions,
  attempt: (target: Target, reference: null) => Promise<Trial>,
): Promise<string | null> {
  const device = machine.devices.find(({ kind, available }) => kind === "cpu" && available);
  if (device === undefined) return null;
  return (await attempt({ spec: parseDevice("cpu"), device }, null)).answer;
}
