import { readCpuOptions, readReplicas } from "../backend/device-options.ts";
import { parseDevices } from "../backend/device-spec.ts";
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

/**
 * The combinations a calibration measured, with the processor time their frames cost. Those that
 * answer several frames in one call are left out: cameras are planned frame by frame.
 */
export function calibratedCombinations(
  calibration: Calibration,
  machine: CalibratedMachine,
): readonly Combination[] {
  return calibration.candidates
    .filter(({ instances }) => instances.every(({ batch }) => batch === 1))
    .map((candidate) => ({
      devices: candidate.devices,
      instances: instanceCosts(candidate, calibration, machine),
      memoryBytes: (calibration.base_memory_mb + candidate.memory_mb) * MIB,
    }));
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
  const alone = held === 0 ? 1 : Math.min(1, cores / held);
  return candidate.instances.map(({ id, service_ms, stages_ms }, index) => {
    const threadCount = threads[index] ?? 0;
    const aroundMs = stages_ms.preprocess + stages_ms.postprocess;
    if (threadCount === 0) {
      return { id, serviceMs: service_ms.mean, cv: service_ms.cv, processorMs: aroundMs };
    }
    const serviceMs = service_ms.mean * (share / alone);
    return { id, serviceMs, cv: service_ms.cv, processorMs: serviceMs * threadCount * alone };
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
