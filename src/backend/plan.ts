import { type AipError, usageError } from "../errors.ts";
import { selectDevices } from "./auto.ts";
import type { DeviceInstance, DeviceSpec, SimulatedOptions } from "./backend.ts";
import { usualReplicas } from "./coreml/devices.ts";
import { REPLICA_COUNT_MAX, readCpuOptions, readReplicas, readWeight } from "./device-options.ts";
import { parseDevice } from "./device-spec.ts";
import type { Machine, MachineDevice } from "./discover.ts";
import { type Draft, numberDrafts } from "./draft.ts";
import { expectedRate, simulatedRate } from "./expected-rate.ts";
import { coreMlTask, type ModelTask, onnxTask, simulatedTask } from "./session-task.ts";
import { readSimulatedOptions } from "./simulated-options.ts";

/** Instances in one run; each is a worker thread with a session of its own. */
export const INSTANCE_COUNT_MAX = 256;
/** More threads than this for each core only fight for it. */
const THREADS_PER_CORE_MAX = 4;
/** Distance between the seeds of replicas: 2^32 divided by the golden ratio, made odd. */
const SEED_STEP = 0x9e3779b1;

/** What a plan is made from. */
export interface PlanOptions {
  readonly machine: Machine;
  /** The run's model; null where only simulated devices run, without a model. */
  readonly model: ModelTask | null;
  /** Models of simulated devices, by the file named in `model=`. */
  readonly simulatedModels?: ReadonlyMap<string, ModelTask>;
}

/** The device instances of a run. */
export interface DevicePlan {
  readonly instances: readonly DeviceInstance[];
  /** Sentences for the user: what was left out, and why. */
  readonly notes: readonly string[];
  /** Variables native code must see before the first session is opened. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Turns the devices a user named into the instances that run.
 *
 * - `cpu` alone fills the cores with one-thread replicas, which beat one session of many threads;
 *   `threads` and `replicas` choose otherwise.
 * - `auto` is every real device that helps, see `selectDevices`; what it leaves out, notes say.
 * - `all` is `auto` and the GPU computed by the CPU, where there is one.
 *
 * Pure: the same arguments give the same plan.
 *
 * @throws {AipError} `device-unavailable` for a device this machine lacks, `device-invalid` for
 * more threads or instances than make sense
 */
export function planDevices(specs: readonly DeviceSpec[], options: PlanOptions): DevicePlan {
  const notes: string[] = [];
  const environment: Record<string, string> = {};
  const drafts: Draft[] = [];
  for (const spec of specs.flatMap((spec) => expand(spec, options.machine, notes))) {
    if (spec.kind === "sim") {
      drafts.push(...simulatedDrafts(spec, options));
      continue;
    }
    const device = availableDevice(spec, options.machine);
    Object.assign(environment, device.environment);
    drafts.push(...realDrafts(spec, device, options));
  }
  if (drafts.length > INSTANCE_COUNT_MAX) {
    throw invalid(`${drafts.length} device instances are too many: at most ${INSTANCE_COUNT_MAX}`);
  }
  return { instances: numberDrafts(drafts), notes, environment };
}

/**
 * Checks that a machine has the devices named, before anything is loaded for them.
 *
 * @throws {AipError} as `planDevices`
 */
export function checkDevices(specs: readonly DeviceSpec[], machine: Machine): void {
  for (const spec of specs.flatMap((spec) => expand(spec, machine, []))) {
    if (spec.kind === "sim") continue;
    availableDevice(spec, machine);
    if (spec.kind === "cpu") readThreads(spec, machine);
  }
}

/** Replaces `auto` and `all` by the devices they stand for. */
function expand(spec: DeviceSpec, machine: Machine, notes: string[]): readonly DeviceSpec[] {
  if (spec.kind !== "auto" && spec.kind !== "all") return [spec];
  const selection = selectDevices(machine, spec.kind === "all");
  notes.push(...selection.notes);
  if (selection.devices.length > 0) return selection.devices.map(({ kind }) => parseDevice(kind));
  const reasons = machine.devices.map(({ kind, reason }) => `${kind}: ${reason}`);
  const why = machine.failure ?? reasons.join("; ");
  throw usageError("device-unavailable", `This machine has no device to run on: ${why}`);
}

function availableDevice(spec: DeviceSpec, machine: Machine): MachineDevice {
  const device = machine.devices.find((device) => device.kind === spec.kind);
  if (device?.available) return device;
  const reason = device?.reason ?? "this ONNX Runtime was built without it";
  const remedy = device === undefined ? "name one that has it in AIP_ONNXRUNTIME" : device.remedy;
  throw usageError(
    "device-unavailable",
    `Device "${spec.kind}" is not available: ${reason}${remedy === null ? "" : `; ${remedy}`}`,
  );
}

function realDrafts(spec: DeviceSpec, device: MachineDevice, options: PlanOptions): Draft[] {
  const { machine, model } = options;
  if (model?.coreMl !== undefined) return coreMlDrafts(spec, device, model, machine.coreCount);
  const runtime = machine.onnxRuntime;
  if (model === null || runtime === null) {
    throw new TypeError(`planDevices: device "${spec.kind}" needs a model and ONNX Runtime`);
  }
  const threadCount = spec.kind === "cpu" ? readThreads(spec, machine) : 0;
  const threads = threadCount === 1 ? "1 thread" : `${threadCount} threads`;
  const draft: Draft = {
    kind: spec.kind,
    description:
      spec.kind === "cpu" ? `ONNX Runtime ${runtime.version} CPU, ${threads}` : device.description,
    expectedMs: 0,
    rate: expectedRate(spec.kind, device.software, threadCount),
    weight: readWeight(spec),
    task: onnxTask({ spec, device, model, threadCount, runtime }),
  };
  // Replicas that fill the cores, unless the user says how many.
  const fill = threadCount > 0 ? Math.max(1, Math.floor(machine.coreCount / threadCount)) : 1;
  const count = readReplicas(spec) ?? Math.min(fill, REPLICA_COUNT_MAX);
  return Array.from({ length: count }, () => draft);
}

function coreMlDrafts(
  spec: DeviceSpec,
  device: MachineDevice,
  model: ModelTask,
  coreCount: number,
): Draft[] {
  if (spec.options.has("threads")) {
    throw invalid(
      `Device "${spec.text}" has threads: Core ML chooses its own for model "${model.path}"`,
    );
  }
  const draft: Draft = {
    kind: spec.kind,
    description: device.description,
    expectedMs: 0,
    rate: expectedRate(spec.kind, device.software, coreCount),
    weight: readWeight(spec),
    task: coreMlTask(spec, model),
  };
  const count = readReplicas(spec) ?? usualReplicas(spec.kind);
  return Array.from({ length: count }, () => draft);
}

function readThreads(spec: DeviceSpec, machine: Machine): number {
  const threads = readCpuOptions(spec).threads ?? 1;
  const fault = threadsFault(threads, machine);
  if (fault === null) return threads;
  throw invalid(`Device "${spec.text}" has threads ${threads}: ${fault}`);
}

/** Why an inference should not have so many threads on this machine; null where it may. */
export function threadsFault(threads: number, { coreCount }: Machine): string | null {
  const threadsMax = coreCount * THREADS_PER_CORE_MAX;
  if (threads <= threadsMax) return null;
  const cores = coreCount === 1 ? "1 core" : `${coreCount} cores`;
  return `this machine has ${cores}, so at most ${threadsMax} make sense`;
}

function simulatedDrafts(spec: DeviceSpec, options: PlanOptions): Draft[] {
  const { options: simulated, modelFile } = readSimulatedOptions(spec);
  const model = modelFile === null ? null : options.simulatedModels?.get(modelFile);
  if (model === undefined) {
    throw new TypeError(`planDevices: simulatedModels lacks "${modelFile}"`);
  }
  const { serviceMs, batchCost } = simulated;
  const runtime = options.machine.onnxRuntime;
  return Array.from({ length: readReplicas(spec) ?? 1 }, (_, replica) => {
    // Replicas of one device must not draw the same times.
    const seed = (simulated.seed + replica * SEED_STEP) >>> 0;
    const task = simulatedTask(spec, { ...simulated, seed }, model, runtime);
    const batch = task.batch === undefined || task.batch === "auto" ? 1 : task.batch;
    return {
      kind: "sim",
      description: describeSimulated(simulated, batch, modelFile),
      expectedMs: serviceMs,
      rate: simulatedRate(serviceMs, batch, batchCost),
      weight: readWeight(spec),
      task,
    };
  });
}

/** `"simulated, 20 ms a frame, cv 0.3, up to 4 a call"`. */
function describeSimulated(
  simulated: SimulatedOptions,
  batch: number,
  modelFile: string | null,
): string {
  const { serviceMs, cv } = simulated;
  const spread = cv === 0 ? "" : `, cv ${cv}`;
  const calls = batch === 1 ? "" : `, up to ${batch} a call`;
  const answers = modelFile === null ? "" : `, answers of ${modelFile}`;
  return `simulated, ${serviceMs} ms a frame${spread}${calls}${answers}`;
}

function invalid(message: string): AipError {
  return usageError("device-invalid", message);
}
