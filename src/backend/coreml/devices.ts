import { coreMlInfo } from "../../native/coreml.ts";
import type { Machine, MachineDevice } from "../discover.ts";

/** A compute unit as a device of ours. */
interface Unit {
  readonly kind: "cpu" | "gpu" | "ane";
  readonly name: string;
}

const UNITS: readonly Unit[] = [
  { kind: "cpu", name: "CPU" },
  { kind: "gpu", name: "GPU" },
  { kind: "ane", name: "Neural Engine" },
];

/** What such a device is described by in `Machine`. */
export const COREML_PROVIDER = "CoreML";

/**
 * Instances of a device that keep its unit busy. A Neural Engine that answers one instance waits for
 * it in between: on an M1 one caller reached a third of it, two 2 to 2.5 times the throughput. The
 * other units divide their work themselves.
 */
export function usualReplicas(kind: string): number {
  return kind === "ane" ? 2 : 1;
}

/** Name of the unit behind a device kind, for people. */
export function unitName(kind: string): string {
  return UNITS.find((unit) => unit.kind === kind)?.name ?? kind;
}

/** Core ML is asked which units there are: a load for one that is missing may hang. */
export function coreMlMachine(
  machine: Machine,
  info: ReturnType<typeof coreMlInfo> = coreMlInfo(),
): Machine {
  const others = machine.devices.filter(({ kind }) => !UNITS.some((unit) => unit.kind === kind));
  const devices = [
    ...UNITS.map((unit) => deviceOf(unit, info)),
    ...others.map((device) => missing(device.kind, "it runs ONNX models, this is one of Core ML")),
  ];
  return { ...machine, failure: info.failure, devices };
}

function deviceOf(
  { kind, name }: Unit,
  { units, failure }: ReturnType<typeof coreMlInfo>,
): MachineDevice {
  if (failure !== null) return missing(kind, failure);
  if (!units.some((unit) => unit === kind)) {
    return missing(kind, `Core ML finds no ${name} on this machine`);
  }
  return {
    kind,
    available: true,
    software: false,
    provider: COREML_PROVIDER,
    description: `Core ML ${name}`,
    reason: null,
    remedy: null,
    environment: {},
  };
}

function missing(kind: string, reason: string): MachineDevice {
  return {
    kind,
    available: false,
    software: false,
    provider: COREML_PROVIDER,
    description: "not available",
    reason,
    remedy: null,
    environment: {},
  };
}
