import { readCpuOptions, readReplicas } from "../backend/device-options.ts";
import { parseDevices } from "../backend/device-spec.ts";
import { fullCallShare } from "../schedule/batch-cost.ts";
import { batchFactor } from "../schedule/batching.ts";
import type { Calibration, Candidate } from "../schedule/calibration.ts";
import type { Combination } from "../schedule/capacity.ts";
import type { InstanceCost } from "../schedule/processor-share.ts";

const MIB = 2 ** 20;

/** What a calibration does not say of its machine. */
export interface CalibratedMachine {
  readonly cores: number;
  /** Kinds of device that are computed by the processor, besides `cpu`. */
  readonly softwareKinds: readonly string[];
}

/** The combinations a calibration measured, with the processor time their frames cost. */
export function calibratedCombinations(
  calibration: Calibration,
  machine: CalibratedMachine,
): readonly Combination[] {
  const spread = ownSpread(calibration, machine);
  return calibration.candidates.map((candidate) => ({
    devices: candidate.devices,
    instances: instanceCosts(candidate, calibration, machine, spread),
    memoryBytes: (calibration.base_memory_mb + candidate.memory_mb) * MIB,
  }));
}

/**
 * The least spread that a kind of instance was seen to have, by kind and threads: where more
 * threads than cores take turns, times spread for that reason alone, and the simulation of a shared
 * processor would spread them once more.
 */
function ownSpread(calibration: Calibration, machine: CalibratedMachine): Map<string, number> {
  const spread = new Map<string, number>();
  for (const { devices, instances } of calibration.candidates) {
    const threads = threadCounts(devices, machine.cores, machine.softwareKinds);
    for (const [index, { kind, service_ms }] of instances.entries()) {
      const key = `${kind} ${threads[index]}`;
      spread.set(key, Math.min(service_ms.cv, spread.get(key) ?? Number.POSITIVE_INFINITY));
    }
  }
  return spread;
}

/**
 * Costs of a candidate's instances. A thread of a CPU's inference holds its core all the time, as
 * far as there are cores for all of them; of other devices' frames, the processor prepares the
 * picture and reads the output. Where a decoder ran beside them, its share of the time is taken
 * off: a frame was decoded for each one answered.
 */
function instanceCosts(
  candidate: Candidate,
  { decode }: Calibration,
  { cores, softwareKinds }: CalibratedMachine,
  spread: ReadonlyMap<string, number>,
): readonly InstanceCost[] {
  const threads = threadCounts(candidate.devices, cores, softwareKinds);
  const held = threads.reduce((sum, count) => sum + count, 0);
  const decodingCores =
    candidate.decoding && decode !== null
      ? (candidate.throughput_fps.mean * decode.cpu_ms) / 1000
      : 0;
  // Cores left for those threads, and the share of its time that each thread computes.
  const left = Math.max(0, cores - decodingCores);
  const share = held === 0 ? 1 : Math.min(1, left / held);
  return candidate.instances.map((instance, index) => {
    const { id, kind, batch, batch_cost: batchCost, service_ms, stages_ms } = instance;
    const cv = spread.get(`${kind} ${threads[index]}`) ?? service_ms.cv;
    const cost = { id, cv, batch, batchCost };
    const singleMs = service_ms.mean / batchFactor({ batchCost }, batch);
    const threadCount = threads[index] ?? 0;
    if (threadCount === 0) {
      // What is done around the inference is done for every frame of a call.
      const aroundMs = (stages_ms.preprocess + stages_ms.postprocess) / fullCallShare(cost);
      return { ...cost, serviceMs: singleMs, processorMs: aroundMs };
    }
    const serviceMs = singleMs * share;
    return { ...cost, serviceMs, processorMs: serviceMs * threadCount };
  });
}

/** Threads each instance computes with on the processor; 0 for other chips. */
function threadCounts(
  devices: string,
  cores: number,
  softwareKinds: readonly string[],
): readonly number[] {
  return parseDevices(devices).flatMap((spec) => {
    const isSoftware = softwareKinds.includes(spec.kind);
    const own = spec.kind === "cpu" ? (readCpuOptions(spec).threads ?? 1) : 0;
    return new Array<number>(readReplicas(spec) ?? 1).fill(isSoftware ? cores : own);
  });
}
