import { usageError } from "../../errors.ts";
import type { DeviceSpec } from "../backend.ts";
import { parseDevice } from "../device-spec.ts";
import type { Machine } from "../discover.ts";
import type { ModelTask } from "../session-task.ts";

/** Longest that compiling, or loading for a unit, may take; `AIP_COREML_PROBE_SECONDS`. */
const LIMIT_SECONDS = 300;

export interface ReadyOptions {
  readonly specs: readonly DeviceSpec[];
  readonly machine: Machine;
  readonly model: ModelTask;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
  /** Default: `AIP_COREML_PROBE_SECONDS`, else 300 s. */
  readonly limitMs?: number;
}

/** What can be planned with. */
export interface Ready {
  /** Those that can run the model. */
  readonly specs: readonly DeviceSpec[];
  /** The machine as Core ML sees it, without what cannot run the model. */
  readonly machine: Machine;
  /** The model, compiled. */
  readonly model: ModelTask;
  /** Sentences for the user: what was left out, and why. */
  readonly notes: readonly string[];
}

/** What `auto` and `all` stand for; simulated devices need no model of Core ML. */
export function concrete(spec: DeviceSpec, machine: Machine): readonly DeviceSpec[] {
  if (spec.kind === "sim") return [];
  if (spec.kind !== "auto" && spec.kind !== "all") return [spec];
  return machine.devices.filter(({ available }) => available).map(({ kind }) => parseDevice(kind));
}

export function isAvailable(machine: Machine, kind: string): boolean {
  return machine.devices.some((device) => device.kind === kind && device.available);
}

/** `AIP_COREML_PROBE_SECONDS` in ms, else 300 s. @throws {AipError} `option-invalid` */
export function limitFromEnvironment(): number {
  const text = process.env["AIP_COREML_PROBE_SECONDS"] ?? "";
  if (text === "") return LIMIT_SECONDS * 1000;
  const value = Number(text);
  if (value > 0 && value <= 86_400) return value * 1000;
  throw usageError(
    "option-invalid",
    `AIP_COREML_PROBE_SECONDS is "${text}": it must be a number of seconds above 0, at most 86400`,
  );
}
