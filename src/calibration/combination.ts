import type { DeviceSpec } from "../backend/backend.ts";
import { REPLICA_COUNT_MAX } from "../backend/device-options.ts";
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
  /** Thread counts of `cpu`; absent: 1, 2, 4 … and all cores. */
  readonly threads?: readonly number[];
  /** Frames in one call that the model takes; absent: 1. A device that names its own keeps it. */
  readonly batches?: readonly number[];
  /** Kinds of which one process can have one instance only; see `loneKinds`. */
  readonly lone: readonly string[];
}

/**
 * Kinds whose instances cannot be replicated: ONNX Runtime's WebGPU sessions of one process share a
 * device that only one thread may use; two at once failed with "CommandEncoder is already finished".
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

/**
 * The variants of the devices named: thread counts of a CPU that names none, and replicas as far as
 * they can help. A frame on a CPU of c cores in t threads spends t/c of its time on each core, so by
 * X(k) ≤ min(k / ΣDᵢ, 1 / D_max) replicas help up to c/t, and one more where a frame is not all
 * computing. What a device's text says stands. Equal
 * devices named several times are replicas of one.
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
    kind !== "cpu" || kept.has("threads")
      ? [undefined]
      : (threads ?? threadCountsOf(cores)).map(String);
  const sizes = kept.has("batch") || kind === "sim" ? [1] : batches;
  const settings = threadCounts.flatMap((threadCount) =>
    sizes.map((size) => ({ threadCount, size })),
  );
  return settings.map(({ threadCount, size }): Variant => {
    const own = new Map(kept);
    if (threadCount !== undefined) own.set("threads", threadCount);
    if (size > 1) own.set("batch", String(size));
    const fixed = given === undefined && count === 1 ? undefined : count * Number(given ?? 1);
    const useful = usefulReplicas(kind, cores, Number(own.get("threads") ?? 1));
    const most = lone.includes(kind) ? 1 : REPLICA_COUNT_MAX;
    return {
      kind,
      group,
      device: formatDevice({ kind, options: own }),
      batch: Number(own.get("batch") ?? 1),
      replicasMin: Math.min(fixed ?? replicas?.min ?? 1, most),
      replicasMax: Math.min(fixed ?? replicas?.max ?? useful, most),
    };
  });
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
