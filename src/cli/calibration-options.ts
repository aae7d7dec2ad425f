import type { DeviceSpec } from "../backend/backend.ts";
import { REPLICA_COUNT_MAX, THREAD_COUNT_MAX } from "../backend/device-options.ts";
import { parseDevices } from "../backend/device-spec.ts";
import type { Machine } from "../backend/discover.ts";
import { threadsFault } from "../backend/plan.ts";
import { checkOutputs } from "../config/outputs.ts";
import type { InputSize } from "../config/run-config.ts";
import { checkRunConfig } from "../config/schema.ts";
import { type AipError, usageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { CalibrationGoal } from "../schedule/calibration.ts";
import type { Source } from "../source/source.ts";
import type { CommandInput } from "./command.ts";

const GOALS: readonly CalibrationGoal[] = ["throughput", "latency"];
const SECONDS_MAX = 86_400;

/** The flags of `aip calibrate`, checked. */
export interface CalibrationFlags {
  readonly model: string;
  readonly devices: readonly DeviceSpec[];
  readonly goal: CalibrationGoal;
  readonly seconds: number | undefined;
  readonly source: string | undefined;
  readonly replicas: { readonly min: number; readonly max: number } | undefined;
  readonly threads: readonly number[] | undefined;
  readonly inputSize: InputSize | undefined;
  readonly output: string | undefined;
  readonly plot: string | undefined;
  readonly quiet: boolean;
}

/** @throws {AipError} category `usage`, where a flag is out of range or an output unwritable */
export function readCalibration({ flags, operands }: CommandInput): CalibrationFlags {
  const [model = "demo", extra] = operands;
  if (extra !== undefined) {
    throw usageError("operand-unknown", `Unexpected "${extra}": one model is calibrated at a time`);
  }
  const text = (name: string): string | undefined => {
    const value = flags[name];
    return typeof value === "string" ? value : undefined;
  };
  const [output, plot, source] = [text("output"), text("plot"), text("source")];
  if (plot !== undefined && !/\.svg$/i.test(plot)) {
    throw invalid(`--plot "${plot}" must end in .svg: an SVG picture is written`);
  }
  const size = text("input-size");
  const { inputSize } =
    size === undefined ? {} : checkRunConfig({ inputSize: size }, () => "--input-size");
  const devices = parseDevices(text("device") ?? "auto");
  const [replicas, threads] = [readRange(text("replicas")), readThreads(text("threads"))];
  if (replicas !== undefined) checkOpen("replicas", devices);
  if (threads !== undefined) checkOpen("threads", devices);
  const read = {
    model,
    devices,
    goal: readGoal(text("for") ?? "throughput"),
    seconds: readSeconds(text("seconds")),
    source,
    replicas,
    threads,
    inputSize,
    output,
    plot,
    quiet: flags["quiet"] === true,
  };
  checkFiles(read);
  return read;
}

/**
 * Checks what will be written against what is read.
 * @param opened the source, once it is open
 * @throws {AipError} as `checkOutputs`
 */
export function checkFiles(
  { source, model, devices, output, plot }: CalibrationFlags,
  opened: readonly Source[] = [],
): void {
  const files = {
    sources: source === undefined ? [] : [source],
    model,
    devices: devices.map(({ text }) => text),
    ...(output !== undefined && { output }),
    ...(plot !== undefined && { report: plot }),
  };
  checkOutputs(files, opened);
}

function readGoal(text: string): CalibrationGoal {
  const goal = GOALS.find((known) => known === text);
  if (goal !== undefined) return goal;
  const near = nearest(text, GOALS);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  throw invalid(`--for must be throughput or latency, not "${text}"${hint}`);
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0 && seconds <= SECONDS_MAX) return seconds;
  throw invalid(`--seconds must be a number above 0, at most ${SECONDS_MAX}, not "${text}"`);
}

/** `1..4`, or `3` for that number alone. */
function readRange(text: string | undefined): CalibrationFlags["replicas"] {
  if (text === undefined) return undefined;
  const match = /^(\d{1,3})(?:\.\.(\d{1,3}))?$/.exec(text);
  const min = Number(match?.[1]);
  const max = Number(match?.[2] ?? match?.[1]);
  if (min >= 1 && min <= max && max <= REPLICA_COUNT_MAX) return { min, max };
  throw invalid(
    `--replicas must be a range such as 1..4, each from 1 to ${REPLICA_COUNT_MAX}, not "${text}"`,
  );
}

/** Refuses a flag that no device leaves anything to choose for. */
function checkOpen(flag: "replicas" | "threads", devices: readonly DeviceSpec[]): void {
  const takers = devices.filter(
    ({ kind }) => flag === "replicas" || ["cpu", "auto", "all"].includes(kind),
  );
  if (takers.some(({ options }) => !options.has(flag))) return;
  throw invalid(
    takers.length === 0
      ? `--${flag} is for cpu, which --device does not name: leave it out`
      : `--${flag} has no effect, as --device names ${flag} itself: leave out one of them`,
  );
}

/**
 * Refuses more threads than make sense on this machine.
 * @throws {AipError} `flag-invalid`
 */
export function checkThreads({ threads }: CalibrationFlags, machine: Machine): void {
  const most = Math.max(0, ...(threads ?? []));
  const fault = threadsFault(most, machine);
  if (fault !== null) throw invalid(`--threads has ${most}: ${fault}`);
}

function readThreads(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  const counts = text.split(",").map((word) => (/^\d{1,7}$/.test(word.trim()) ? Number(word) : 0));
  if (counts.every((count) => count >= 1 && count <= THREAD_COUNT_MAX)) return [...new Set(counts)];
  throw invalid(`--threads must be whole numbers from 1 on, by commas, not "${text}"`);
}

function invalid(message: string): AipError {
  return usageError("flag-invalid", message);
}
