import type { DeviceSpec } from "../backend/backend.ts";
import { parseDevice } from "../backend/device-spec.ts";
import { resolveDevices } from "../backend/resolve.ts";
import type { RunConfig } from "../config/run-config.ts";
import { checkRunConfig } from "../config/schema.ts";
import { type AipError, usageError } from "../errors.ts";
import {
  type ComparisonOptions,
  type NamedDevice,
  throughputBound,
} from "../schedule/comparison.ts";
import { paced, type SourceModel } from "../schedule/modelled-source.ts";
import {
  isScheduleName,
  parseSchedule,
  type ScheduleSpec,
  scheduleNames,
  unknownSchedule,
} from "../schedule/schedule-spec.ts";
import type { CommandInput } from "./command.ts";
import { toConfigInput } from "./commands/run.ts";
import { type ModelledLoad, readLoad } from "./modelled-sources.ts";

const DEVICES_DEFAULT = "sim:20ms:cv=0.3,sim:50ms:cv=0.3,sim:100ms:cv=0.3";
const FRAME_COUNT_DEFAULT = 20_000;
/** Frames of one simulation: latencies are kept to be sorted. */
const FRAME_COUNT_MAX = 10_000_000;
const SLOT_COUNT_DEFAULT = 10;
const SOURCE_COUNT_MAX = 10_000;
const SEED_COUNT_DEFAULT = 5;
const SEED_COUNT_MAX = 1000;
/** Shortest and longest window in seconds. */
const WINDOW_S_MIN = 0.1;
const WINDOW_S_MAX = 3600;

/** What is simulated, and how often. */
export interface Simulation extends ComparisonOptions {
  /** Frames a second each source delivers; null for as fast as they are taken. */
  readonly fps: number | null;
  /** The sources one by one, where they were given so. */
  readonly load: ModelledLoad | null;
}

/**
 * Reads the flags of `aip simulate`.
 * @throws {AipError} category `usage`, where one is unknown or out of range
 */
export async function readSimulation({ flags }: CommandInput): Promise<Simulation> {
  const { device = DEVICES_DEFAULT, fps, frames, slots, latency, drop } = flags;
  const given = { device, fps, frames, slots, latency, drop };
  const config = checkRunConfig(
    toConfigInput({ flags: definedFlags(given), operands: [] }),
    (key) => `--${key === "devices" ? "device" : key}`,
  );
  const specs = (config.devices ?? []).map(parseDevice);
  const devices = await readDevices(specs, config.latency ?? null);
  const load = readGivenLoad(flags, config, throughputBound(devices));
  const sources = load?.sources ?? alikeSources(flags, config);
  const frameCount = sources.reduce((sum, source) => sum + source.frames, 0);
  if (frameCount > FRAME_COUNT_MAX) {
    throw usageError(
      "flag-invalid",
      `${frameCount} frames are too many: ` +
        `at most ${FRAME_COUNT_MAX} of all sources together can be simulated`,
    );
  }
  return {
    devices,
    sources,
    schedules: readSchedules(flags["schedule"]),
    seedCount: readCount(flags, "seeds", SEED_COUNT_DEFAULT, SEED_COUNT_MAX),
    fps: config.fps ?? null,
    load,
    ...readWindow(flags["window"]),
  };
}

function readWindow(text: string | boolean | undefined): Pick<Simulation, "windowMs"> {
  if (typeof text !== "string") return {};
  const seconds = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : 0;
  if (seconds >= WINDOW_S_MIN && seconds <= WINDOW_S_MAX) return { windowMs: 1000 * seconds };
  throw usageError(
    "flag-invalid",
    `--window must be a number of seconds from ${WINDOW_S_MIN} to ${WINDOW_S_MAX}, not "${text}"`,
  );
}

/** Sources as `--source` has them; null without it. */
function readGivenLoad(
  flags: CommandInput["flags"],
  { frames, slots = SLOT_COUNT_DEFAULT, drop = "never" }: Partial<RunConfig>,
  boundFps: number,
): ModelledLoad | null {
  const { source } = flags;
  if (typeof source !== "string") return null;
  const other = ["sources", "fps"].find((name) => flags[name] !== undefined);
  if (other !== undefined) {
    throw usageError("flag-invalid", `--source says how many and how fast: leave out --${other}`);
  }
  return readLoad(source, { frames, frameCount: FRAME_COUNT_DEFAULT, boundFps, slots, drop });
}

/** As many sources as `--sources` says, all alike. */
function alikeSources(
  flags: CommandInput["flags"],
  { fps, frames, slots = SLOT_COUNT_DEFAULT, drop = "never" }: Partial<RunConfig>,
): readonly SourceModel[] {
  const count = readCount(flags, "sources", 1, SOURCE_COUNT_MAX);
  return Array.from({ length: count }, (_, index) => ({
    frames: frames ?? Math.ceil(FRAME_COUNT_DEFAULT / count),
    slots,
    // What always has one more frame waits for a slot.
    drop: fps === undefined ? "never" : drop,
    // Sources begin one after the other within a frame's time, as cameras do.
    arrivalMs: fps === undefined ? null : paced(fps, (1000 * index) / (fps * count)),
  }));
}

function definedFlags(
  flags: Readonly<Record<string, string | boolean | undefined>>,
): CommandInput["flags"] {
  const defined = Object.entries(flags).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as CommandInput["flags"];
}

async function readDevices(
  specs: readonly DeviceSpec[],
  goalMs: number | null,
): Promise<readonly NamedDevice[]> {
  for (const { kind, text } of specs) {
    if (kind === "sim") continue;
    throw usageError(
      "device-invalid",
      `Device "${text}" has no model of its times: name one with a service time, such as sim:20ms`,
    );
  }
  const nothing = (): Promise<never> => Promise.reject(new TypeError("no model is simulated"));
  const { instances } = await resolveDevices(specs.map(withoutAnswers), {
    model: nothing,
    loadModel: nothing,
  });
  return instances.flatMap(({ id, weight, task: { simulated, batch = 1 } }) => {
    if (simulated === null || batch === "auto") return [];
    return [{ ...simulated, id, weight, expectedMs: 0, batch, goalMs }];
  });
}

/** What a simulated device answers makes no difference here. */
function withoutAnswers(spec: DeviceSpec): DeviceSpec {
  return { ...spec, options: new Map([...spec.options].filter(([key]) => key !== "model")) };
}

function readSchedules(text: string | boolean | undefined): readonly ScheduleSpec[] {
  const names = typeof text === "string" ? text.split(",").map((name) => name.trim()) : ["all"];
  const specs = names.flatMap((name) =>
    name === "all" ? scheduleNames.map((known) => parseSchedule(known)) : [readSchedule(name)],
  );
  // One that is named twice is compared once.
  return [...new Map(specs.map((spec) => [spec.text, spec])).values()];
}

/** One schedule; where its name is wrong, `all` is among those that would be right. */
function readSchedule(text: string): ScheduleSpec {
  const [name = ""] = text.split(":", 1);
  if (!isScheduleName(name)) throw unknownSchedule(name, [...scheduleNames, "all"]);
  return parseSchedule(text);
}

function readCount(
  flags: CommandInput["flags"],
  name: string,
  otherwise: number,
  max: number,
): number {
  const text = flags[name];
  if (typeof text !== "string") return otherwise;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw invalidCount(name, max, text);
}

function invalidCount(name: string, max: number, text: string): AipError {
  const message = `--${name} must be a whole number from 1 to ${max}, not "${text}"`;
  return usageError("flag-invalid", message);
}
