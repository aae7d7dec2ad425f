import type { DeviceSpec } from "../backend/backend.ts";
import { REPLICA_COUNT_MAX, readBatch } from "../backend/device-options.ts";
import { formatDevice } from "../backend/device-spec.ts";
import type { Machine } from "../backend/discover.ts";

/** A device as it is measured: everything but how many instances. */
export interface Variant {
  readonly kind: string;
  /** Which of the devices named it is a variant of: one variant of each takes part at most. */
  readonly group: number;
  /** Its device text without `replicas` and `weight`: `cpu:threads=2`. */
  readonly device: string;
  /** Frames in one call. */
  readonly batch: number;
  /**
   * The same with more frames in a call, to be tried where as many as these help; null for none.
   */
  readonly larger: Variant | null;
  /** Instances worth trying. */
  readonly replicasMin: number;
  readonly replicasMax: number;
}

/** Instances of one device. */
export interface Part {
  readonly variant: Variant;
  readonly replicas: number;
}

/** What runs at once. */
export type Combination = readonly Part[];

/** What `--device` takes for it, every count written out. */
export function formatCombination(combination: Combination): string {
  return combination
    .map(({ variant, replicas }) => `${variant.device}:replicas=${replicas}`)
    .join(",");
}

/** How many instances it has. */
export function instanceCount(combination: Combination): number {
  return combination.reduce((sum, part) => sum + part.replicas, 0);
}

/** Limits of the search space, where the user sets them. */
export interface SpaceOptions {
  readonly cores: number;
  /** Replicas of each device; absent: what makes sense. */
  readonly replicas?: { readonly min: number; readonly max: number };
  /** Thread counts of `cpu`; absent: 1, 2, 4 … and all cores; none: what runs it chooses them. */
  readonly threads?: readonly number[];
  /**
   * Frames in one call to try, smallest first; absent: 1. A device that names its own is tried with
   * those below it, too: `batch=N` is N at most.
   */
  readonly batches?: readonly number[];
  /** Kinds of which one process can have one instance only; see `loneKinds`. */
  readonly lone: readonly string[];
}

/**
 * Kinds whose instances cannot be replicated: ONNX Runtime's WebGPU sessions of one process share a
 * device that only one thread may use; two at once failed with "CommandEncoder is already
 * finished".
 */
export function loneKinds(machine: Machine): readonly string[] {
  return machine.devices
    .filter(({ provider }) => provider === "WebGpuExecutionProvider")
    .map(({ kind }) => kind);
}

/** Sessions of one thread beyond the cores: one may fill the gaps that the others leave. */
const SPARE_REPLICA = 1;
/** An accelerator's replicas hide the way to it and back; more than this many only queue. */
const ACCELERATOR_REPLICAS_MAX = 4;

/** Frames in one call that are tried for a model that takes any number. */
const BATCH_SIZES: readonly number[] = [1, 2, 4, 8];

/**
 * Frames in one call worth trying: what the model is made for, or several sizes where it takes any
 * number. A call of fewer than it is made for takes as long as a full one.
 *
 * @param batchSize pictures the model takes in one run; null for any number. Default 1.
 */
export function batchSizesFor(batchSize: number | null = 1): readonly number[] {
  return batchSize === null ? BATCH_SIZES : [batchSize];
}

/**
 * The variants of the devices named, each with the smallest batch: thread counts of a CPU that
 * names none, and replicas as far as they can help. A frame on a CPU of c cores in t threads spends
 * t/c of its time on each core, so by X(k) ≤ min(k / ΣDᵢ, 1 / D_max) replicas help up to c/t, and
 * one more where a frame is not all computing. What a device's text says stands. Equal devices
 * named several times are replicas of one.
 */
export function variantsOf(
  specs: readonly DeviceSpec[],
  options: SpaceOptions,
): readonly Variant[] {
  const counts = new Map<string, { spec: DeviceSpec; count: number }>();
  for (const spec of specs) {
    const text = formatDevice(spec);
    counts.set(text, { spec, count: 1 + (counts.get(text)?.count ?? 0) });
  }
  return [...counts.values()].flatMap(({ spec, count }, group) =>
    variantsOfDevice({ spec, count, group }, options),
  );
}

function variantsOfDevice(
  { spec, count, group }: { spec: DeviceSpec; count: number; group: number },
  { cores, threads, replicas, lone, batches = [1] }: SpaceOptions,
): Variant[] {
  const { kind } = spec;
  const kept = new Map(spec.options);
  kept.delete("replicas");
  kept.delete("weight");
  const given = spec.options.get("replicas");
  const threadCounts =
    kind !== "cpu" || kept.has("threads") || threads?.length === 0
      ? [undefined]
      : (threads ?? threadCountsOf(cores)).map(String);
  const sizes = batchSizesOf(spec, batches);
  const fixed = given === undefined && count === 1 ? undefined : count * Number(given ?? 1);
  const most = lone.includes(kind) ? 1 : REPLICA_COUNT_MAX;
  return threadCounts.flatMap((threadCount): Variant[] => {
    const own = new Map(kept);
    if (threadCount !== undefined) own.set("threads", threadCount);
    const useful = usefulReplicas(kind, cores, Number(own.get("threads") ?? 1));
    const smallest = sizes.reduceRight<Variant | null>((larger, batch) => {
      // Left open, a run would find out by itself once more.
      const isOpen = batch === 1 && sizes.length === 1 && !kept.has("batch");
      const options = isOpen ? own : new Map(own).set("batch", String(batch));
      return {
        kind,
        group,
        device: formatDevice({ kind, options }),
        batch,
        larger,
        replicasMin: Math.min(fixed ?? replicas?.min ?? 1, most),
        replicasMax: Math.min(fixed ?? replicas?.max ?? useful, most),
      };
    }, null);
    return smallest === null ? [] : [smallest];
  });
}

/** Frames in one call to try on a device, smallest first. */
function batchSizesOf(spec: DeviceSpec, batches: readonly number[]): readonly number[] {
  const named = readBatch(spec);
  const isSimulated = spec.kind === "sim";
  // A simulated device takes no more than it says, whatever model is calibrated beside it.
  if (named === "auto") return isSimulated ? [1] : batches;
  const smaller = (isSimulated ? BATCH_SIZES : batches).filter((size) => size < named);
  return [...smaller, named];
}

function usefulReplicas(kind: string, cores: number, threads: number): number {
  if (kind === "cpu")
    return threads === 1 ? cores + SPARE_REPLICA : Math.max(1, Math.floor(cores / threads));
  // A simulated device is as many as are named: each replica is one more device.
  return kind === "sim" ? 1 : ACCELERATOR_REPLICAS_MAX;
}

/** 1, 2, 4 … and all cores. */
function threadCountsOf(cores: number): readonly number[] {
  const counts: number[] = [];
  for (let count = 1; count < cores; count *= 2) counts.push(count);
  return [...counts, cores];
}
