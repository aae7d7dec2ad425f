import { runtimeError } from "../errors.ts";

/** Where the operations of a model run, as far as the runtime tells. */
export interface Placement {
  /**
   * `profile`: noted by ONNX Runtime while it ran. `compute-plan`: what Core ML anticipates, which
   * is no measurement.
   */
  readonly source: "profile" | "compute-plan";
  /** Operations that are placed somewhere; a part that a provider compiled as a whole counts 1. */
  readonly operations: number;
  /** Most work first. */
  readonly shares: readonly PlacementShare[];
  /** Operators and where they run, most frequent first. */
  readonly operators: readonly OperatorCount[];
}

/** What one unit does of a model. */
export interface PlacementShare {
  /**
   * `cpu`, `gpu`, `ane`, a provider's name in lower case such as `cuda`; `coreml` where ONNX
   * Runtime gave it to Core ML, which does not say what it ran it on.
   */
  readonly unit: string;
  readonly operations: number;
  /** Part of the work, 0–1: of the time measured, or of the cost that Core ML estimates. */
  readonly share: number;
}

/** Operations of one kind on one unit. */
export interface OperatorCount {
  readonly operator: string;
  readonly unit: string;
  readonly count: number;
}

/** One operation, where it runs and what it costs, in any unit. */
export interface PlacedOperation {
  readonly operator: string;
  readonly unit: string;
  readonly cost: number;
}

const SUFFIX = "ExecutionProvider";
const KERNEL = /_kernel_time$/;
const UNITS: Readonly<Record<string, string>> = { webgpu: "gpu" };
/** As `MLComputePlan` names devices, see `aip_coreml_plan`. */
const COMPUTE_DEVICES: Readonly<Record<string, string>> = {
  cpu: "cpu",
  gpu: "gpu",
  neuralEngine: "ane",
};

/** An event of the Trace Event Format, as ONNX Runtime writes them. */
interface ProfileEvent {
  readonly cat?: string;
  readonly name?: string;
  /** In µs. */
  readonly dur?: number;
  readonly args?: {
    readonly provider?: string;
    readonly op_name?: string;
    readonly node_index?: string;
  };
}

/**
 * Reads the profile of an ONNX Runtime session: every operation once, however often it ran, with
 * its provider and the time it took in all runs. GPU kernels have events of their own (`Api`) where
 * the GPU can time itself; an operation's time on the host is then only that of handing it over.
 *
 * @param text JSON array in the Trace Event Format
 * @throws {AipError} `placement-unreadable`
 */
export function placementFromProfile(text: string): Placement {
  const events = readArray<ProfileEvent>(text, "ONNX Runtime's profile");
  const operations = new Map<string, PlacedOperation>();
  let kernelUs = 0;
  for (const { cat, name = "", dur = 0, args = {} } of events) {
    if (cat === "Api") kernelUs += dur;
    if (cat !== "Node" || !KERNEL.test(name)) continue;
    const key = `${args.node_index ?? ""} ${name}`;
    const cost = (operations.get(key)?.cost ?? 0) + dur;
    const operator = args.op_name ?? "unknown";
    operations.set(key, { operator, unit: unitOf(args.provider ?? ""), cost });
  }
  if (operations.size === 0) throw unreadable("ONNX Runtime's profile names no operation");
  return summarize("profile", withKernelTime([...operations.values()], kernelUs));
}

/**
 * Reads what `MLComputePlan` anticipates of a Core ML model:
 * `[{"operator": "ios17.conv", "preferred": "neuralEngine", "cost": 0.013}, …]`, where `preferred`
 * is `cpu`, `gpu`, `neuralEngine`, or null for constants, which are computed nowhere. Where no cost
 * is estimated, each operation counts the same.
 *
 * @throws {AipError} `placement-unreadable`
 */
export function placementFromComputePlan(text: string): Placement {
  interface Planned {
    readonly operator?: string;
    readonly preferred?: string | null;
    readonly cost?: number | null;
  }
  const placed = readArray<Planned>(text, "Core ML's compute plan").filter(
    ({ preferred }) => typeof preferred === "string",
  );
  if (placed.length === 0) throw unreadable("Core ML's compute plan places no operation");
  const isCosted = placed.some(({ cost }) => typeof cost === "number" && cost > 0);
  return summarize(
    "compute-plan",
    placed.map(({ operator = "unknown", preferred, cost }) => ({
      // Operators carry the opset they came with: "ios17.conv".
      operator: operator.slice(operator.lastIndexOf(".") + 1),
      unit: COMPUTE_DEVICES[preferred as string] ?? (preferred as string),
      cost: isCosted ? (cost ?? 0) : 1,
    })),
  );
}

/** Sums operations up by unit. */
export function summarize(
  source: Placement["source"],
  operations: readonly PlacedOperation[],
): Placement {
  const total = operations.reduce((sum, { cost }) => sum + cost, 0);
  const units = Map.groupBy(operations, ({ unit }) => unit);
  const shares = [...units].map(([unit, own]) => ({
    unit,
    operations: own.length,
    share: total > 0 ? own.reduce((sum, { cost }) => sum + cost, 0) / total : 0,
  }));
  shares.sort((a, b) => b.share - a.share || b.operations - a.operations);
  const kinds = Map.groupBy(operations, ({ operator, unit }) => `${operator} ${unit}`);
  const operators = [...kinds.values()].map((own) => {
    const { operator, unit } = own[0] as PlacedOperation;
    return { operator, unit, count: own.length };
  });
  operators.sort((a, b) => b.count - a.count || a.operator.localeCompare(b.operator));
  return { source, operations: operations.length, shares, operators };
}

/** Part of the work that a unit does, 0–1. */
export function shareOn({ shares }: Placement, unit: string): number {
  return shares.find((share) => share.unit === unit)?.share ?? 0;
}

/** `WebGpuExecutionProvider` → `gpu`, `CUDAExecutionProvider` → `cuda`. */
function unitOf(provider: string): string {
  const name = provider.replace(SUFFIX, "").toLowerCase();
  return UNITS[name] ?? (name === "" ? "unknown" : name);
}

/** Spreads the GPU's own times over what ran there, as host times would say little of them. */
function withKernelTime(
  operations: readonly PlacedOperation[],
  kernelUs: number,
): readonly PlacedOperation[] {
  const onGpu = operations.filter(({ unit }) => unit === "gpu").length;
  if (kernelUs === 0 || onGpu === 0) return operations;
  const cost = kernelUs / onGpu;
  return operations.map((one) => (one.unit === "gpu" ? { ...one, cost } : one));
}

function readArray<Element>(text: string, what: string): readonly Element[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(`${what} is no JSON`, cause);
  }
  if (!Array.isArray(value)) throw unreadable(`${what} is no list`);
  return value.filter((element) => typeof element === "object" && element !== null) as Element[];
}

function unreadable(message: string, cause?: unknown): Error {
  return runtimeError("placement-unreadable", message, cause);
}
