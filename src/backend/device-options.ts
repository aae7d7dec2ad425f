import { usageError } from "../errors.ts";
import { BATCH_SIZE_MAX } from "../layout/layout.gen.ts";
import type { BatchOption, DeviceSpec } from "./backend.ts";

/** Instances of one device; more would only fight for it. */
export const REPLICA_COUNT_MAX = 64;
/** Threads of one inference that can be written; the planner knows the machine's lower limit. */
export const THREAD_COUNT_MAX = 1_000_000;
const WEIGHT_MAX = 1_000_000;

/** How a number in a device is refused: which values would be right. */
interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** For people: `"a whole number from 1 to 64"`. */
  readonly expected: string;
}

/** `replicas=N`, or undefined where the planner chooses. @throws {AipError} `device-invalid` */
export function readReplicas(spec: DeviceSpec): number | undefined {
  return readInteger(spec, "replicas", 1, REPLICA_COUNT_MAX);
}

/** `weight=X`, the device's share under fixed-share schedules, or undefined. */
export function readWeight(spec: DeviceSpec): number | undefined {
  const expected = `a number above 0, at most ${WEIGHT_MAX}`;
  return readNumber(spec, "weight", { min: Number.MIN_VALUE, max: WEIGHT_MAX, expected });
}

/** `batch=N`, or `auto`, which is the default. @throws {AipError} `device-invalid` */
export function readBatch(spec: DeviceSpec): BatchOption {
  const text = spec.options.get("batch") ?? "auto";
  if (text === "auto") return "auto";
  const value = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= BATCH_SIZE_MAX) return value;
  throw usageError(
    "device-invalid",
    `Device "${spec.text}" has batch ${text}: it must be auto, or a whole number ` +
      `from 1 to ${BATCH_SIZE_MAX}`,
  );
}

/** Options of `cpu`. */
export interface CpuOptions {
  readonly threads: number | undefined;
}

/** @throws {AipError} `device-invalid` */
export function readCpuOptions(spec: DeviceSpec): CpuOptions {
  return { threads: readInteger(spec, "threads", 1, THREAD_COUNT_MAX) };
}

/** A whole number in decimal digits. @throws {AipError} `device-invalid` */
export function readInteger(
  spec: DeviceSpec,
  key: string,
  min: number,
  max: number,
): number | undefined {
  const text = spec.options.get(key);
  if (text === undefined) return undefined;
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  const expected = `a whole number from ${min} to ${max}`;
  return inRange(spec, key, value, { min, max, expected });
}

/** A decimal number such as `0.25` or `1e-3`. @throws {AipError} `device-invalid` */
export function readNumber(spec: DeviceSpec, key: string, range: NumberRange): number | undefined {
  const text = spec.options.get(key);
  if (text === undefined) return undefined;
  return inRange(spec, key, parseDecimal(text), range);
}

/** The number a text stands for; NaN where it is none. Unlike `Number`, refuses `""` and `0x1`. */
export function parseDecimal(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function inRange(spec: DeviceSpec, key: string, value: number, range: NumberRange): number {
  if (value >= range.min && value <= range.max) return value;
  throw usageError(
    "device-invalid",
    `Device "${spec.text}" has ${key} ${spec.options.get(key)}: it must be ${range.expected}`,
  );
}
