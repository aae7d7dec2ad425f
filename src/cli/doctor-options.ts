import type { DeviceSpec } from "../backend/backend.ts";
import { parseDevices } from "../backend/device-spec.ts";
import type { InputSize } from "../config/run-config.ts";
import { checkRunConfig } from "../config/schema.ts";
import { usageError } from "../errors.ts";
import type { CommandInput } from "./command.ts";

/** Time to measure in, in s, where none is asked for. */
const SECONDS_DEFAULT = 5;
const SECONDS_MAX = 3600;

/** The flags of `aip doctor`, checked. */
export interface DoctorFlags {
  readonly model: string;
  /** Empty: every device this machine has. */
  readonly devices: readonly DeviceSpec[];
  readonly inputSize: InputSize | null;
  readonly seconds: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** @throws {AipError} category `usage` */
export function readDoctor({ flags }: CommandInput): DoctorFlags {
  const text = (name: string): string | undefined => {
    const value = flags[name];
    return typeof value === "string" ? value : undefined;
  };
  const device = text("device");
  const size = text("input-size");
  const { inputSize } =
    size === undefined ? {} : checkRunConfig({ inputSize: size }, () => "--input-size");
  return {
    model: text("model") ?? "demo",
    devices: device === undefined ? [] : parseDevices(device),
    inputSize: inputSize ?? null,
    seconds: readSeconds(text("seconds")),
    json: flags["json"] === true,
    quiet: flags["quiet"] === true,
  };
}

function readSeconds(text: string | undefined): number {
  if (text === undefined) return SECONDS_DEFAULT;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0 && seconds <= SECONDS_MAX) return seconds;
  throw usageError(
    "flag-invalid",
    `--seconds "${text}" must be a number of seconds above 0, at most ${SECONDS_MAX}`,
  );
}
