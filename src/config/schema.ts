import * as v from "valibot";
import { parseDevices } from "../backend/device-spec.ts";
import { usageError } from "../errors.ts";
import { nearest, suggestion } from "../nearest.ts";
import { parseSchedule } from "../schedule/schedule-spec.ts";
import { type RunConfig, type RunConfigInput, runDefaults } from "./run-config.ts";
import {
  givenTwice,
  readSourceValues,
  type SourceValues,
  type SourceValuesInput,
} from "./source-values.ts";

const FPS_MAX = 100_000;
const FRAME_COUNT_MAX = 2 ** 32 - 1;
const SLOT_COUNT_MIN = 2;
const SLOT_COUNT_MAX = 65_536;
const LATENCY_MS_MAX = 3_600_000;
const INPUT_SIDE_MIN = 16;
const INPUT_SIDE_MAX = 8192;
const WEIGHT_MIN = 0.001;
const WEIGHT_MAX = 1000;
const PRIORITY_MAX = 100;
const DEADLINE_MS_MAX = 86_400_000;

// Every message completes the sentence "<name> must be …".

const text = v.pipe(v.string("a text"), v.nonEmpty("a text that is not empty"));
const flag = v.boolean("true or false");

const integer = (min: number, max: number): v.GenericSchema<number> => {
  const expected = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
};

const share: v.GenericSchema<number> = v.pipe(
  v.number("a number from 0 to 1"),
  v.minValue(0, "a number from 0 to 1"),
  v.maxValue(1, "a number from 0 to 1"),
);

const FPS_EXPECTED = `a number above 0, at most ${FPS_MAX}`;
const fps: v.GenericSchema<number> = v.pipe(
  v.number(FPS_EXPECTED),
  v.gtValue(0, FPS_EXPECTED),
  v.maxValue(FPS_MAX, FPS_EXPECTED),
);

const LATENCY_EXPECTED = `a number of milliseconds above 0, at most ${LATENCY_MS_MAX}`;
const latency: v.GenericSchema<number> = v.pipe(
  v.number(LATENCY_EXPECTED),
  v.gtValue(0, LATENCY_EXPECTED),
  v.maxValue(LATENCY_MS_MAX, LATENCY_EXPECTED),
);

const oneOf = <const T extends readonly string[]>(names: T): v.GenericSchema<T[number]> =>
  v.picklist(names, (issue) => {
    const near = typeof issue.input === "string" ? nearest(issue.input, names) : undefined;
    return `one of ${names.join(", ")}${near === undefined ? "" : `; did you mean "${near}"?`}`;
  });

/** A name in quotes, which may have commas, up to the comma behind it. */
const QUOTED_NAME = /\s*"([^"]*)"\s*(?:,|$)/y;

/** What a text with commas names: `cat,"x, y"` is two names. */
function splitNames(text: string): string[] {
  const names: string[] = [];
  let at = 0;
  do {
    QUOTED_NAME.lastIndex = at;
    const comma = text.indexOf(",", at);
    const end = comma < 0 ? text.length : comma;
    const quoted = QUOTED_NAME.exec(text);
    names.push(quoted === null ? text.slice(at, end) : (quoted[1] as string));
    at = quoted === null ? end + 1 : QUOTED_NAME.lastIndex + (quoted[0].endsWith(",") ? 0 : 1);
  } while (at <= text.length);
  return names;
}
/** A list, or one text with commas. */
const list = (
  expected: string,
  split: (text: string) => string[] = (text) => text.split(","),
): v.GenericSchema<string | (string | number)[], string[]> =>
  v.pipe(
    v.union([v.string(), v.array(v.union([v.string(), v.number()]))], expected),
    v.transform((value) => (typeof value === "string" ? split(value) : value)),
    v.transform((items) => items.map((item) => String(item).trim())),
    v.check((items) => items.length > 0 && items.every((item) => item !== ""), expected),
  );

// Paths may contain commas, so one text is one source.
const sources = v.pipe(
  v.union([v.string(), v.array(v.string())], "a source or a list of sources"),
  v.transform((value) => (typeof value === "string" ? [value] : value)),
  v.check(
    (items) => items.length > 0 && items.every((item) => item !== ""),
    "a list of at least one source, none of them empty",
  ),
);

/** A number for all sources, or one for each by its name. */
const bySource = (
  expected: string,
  isValid: (value: number) => boolean,
): v.GenericSchema<SourceValuesInput, SourceValues> => {
  const whole = `${expected}, for all sources or for each as NAME=N,NAME=N`;
  return v.pipe(
    v.union([v.number(), v.string(), v.record(v.string(), v.number())], whole),
    v.check(
      (input) => givenTwice(input) === undefined,
      ({ input }) => `given once for ${givenTwice(input)}`,
    ),
    v.transform(readSourceValues),
    v.check((values) => values !== undefined && Object.values(values).every(isValid), whole),
    v.transform((values) => values as SourceValues),
  );
};

const INPUT_SIDES = `each from ${INPUT_SIDE_MIN} to ${INPUT_SIDE_MAX}`;
const INPUT_SIZE_EXPECTED = `WIDTHxHEIGHT, such as 640x384, ${INPUT_SIDES}`;
const side = integer(INPUT_SIDE_MIN, INPUT_SIDE_MAX);
const inputSize = v.pipe(
  v.union(
    [
      v.pipe(v.string(), v.regex(/^\d{1,5}x\d{1,5}$/, INPUT_SIZE_EXPECTED)),
      v.strictObject({ width: v.number(), height: v.number() }),
    ],
    INPUT_SIZE_EXPECTED,
  ),
  v.transform((value) => {
    if (typeof value !== "string") return value;
    const [width, height] = value.split("x").map(Number);
    return { width: width as number, height: height as number };
  }),
  v.check((size) => v.is(v.object({ width: side, height: side }), size), INPUT_SIZE_EXPECTED),
);

const entries = {
  sources: v.optional(sources),
  model: v.optional(text),
  devices: v.optional(list("a device or a list of devices")),
  schedule: v.optional(text),
  fps: v.optional(fps),
  frames: v.optional(integer(1, FRAME_COUNT_MAX)),
  drop: v.optional(oneOf(["never", "oldest", "newest"])),
  slots: v.optional(integer(SLOT_COUNT_MIN, SLOT_COUNT_MAX)),
  weight: v.optional(
    bySource(
      `a number from ${WEIGHT_MIN} to ${WEIGHT_MAX}`,
      (value) => value >= WEIGHT_MIN && value <= WEIGHT_MAX,
    ),
  ),
  priority: v.optional(
    bySource(
      `a whole number from -${PRIORITY_MAX} to ${PRIORITY_MAX}`,
      (value) => Number.isInteger(value) && Math.abs(value) <= PRIORITY_MAX,
    ),
  ),
  deadline: v.optional(
    bySource(
      `a time in ms above 0, at most ${DEADLINE_MS_MAX}`,
      (value) => value > 0 && value <= DEADLINE_MS_MAX,
    ),
  ),
  latency: v.optional(latency),
  confidence: v.optional(share),
  iou: v.optional(share),
  classes: v.optional(list("a class name or number, or a list of them", splitNames)),
  agnostic: v.optional(flag),
  pixelFormat: v.optional(oneOf(["yuv420p", "nv12", "rgb24", "bgr24"])),
  inputSize: v.optional(inputSize),
  hwaccel: v.optional(oneOf(["auto", "none"])),
  ingest: v.optional(oneOf(["auto", "native", "scaled"])),
  cascade: v.optional(text),
  audit: v.optional(share),
  retrain: v.optional(oneOf(["auto", "warn", "off"])),
  retrainOut: v.optional(text),
  output: v.optional(text),
  annotate: v.optional(text),
  report: v.optional(text),
  trace: v.optional(text),
  resume: v.optional(flag),
  quiet: v.optional(flag),
} satisfies Record<keyof RunConfigInput, v.GenericSchema>;

const schema = v.object(entries);

/** Every key a run knows. */
export const runConfigKeys: readonly (keyof RunConfigInput)[] = Object.keys(
  entries,
) as (keyof RunConfigInput)[];

/** How a key is called where the values came from: `--fps`, or `"fps" in "aip.config.json"`. */
export type KeyName = (key: string) => string;

/**
 * Checks values a user wrote and brings lists and sizes into one form. Keys left out stay out.
 *
 * @throws {AipError} `config-invalid`: an unknown key, with the nearest known one, or a value out
 *   of range; `device-invalid` for a device, `schedule-invalid` for a schedule
 */
export function checkRunConfig(
  input: unknown,
  name: KeyName = (key) => (key === "" ? "The configuration" : `"${key}"`),
): Partial<RunConfig> {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw usageError("config-invalid", `${name("")} must hold settings such as model and devices`);
  }
  const given = Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== undefined && value !== null),
  );
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(entries, key)) {
      const hint =
        key === "supervise"
          ? ": --supervise is a flag only, for the process that starts the run"
          : suggestion(key, runConfigKeys);
      throw usageError("config-invalid", `Unknown setting ${name(key)}${hint}`);
    }
  }
  const result = v.safeParse(schema, given, { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    const key = String(issue.path?.[0]?.key ?? "");
    throw usageError(
      "config-invalid",
      `${name(key)} must be ${issue.message}${refused(issue.message, given[key])}`,
    );
  }
  const { devices, ...rest } = result.output as Partial<RunConfig>;
  if (rest.schedule !== undefined) parseSchedule(rest.schedule);
  if (devices === undefined) return rest;
  return { ...rest, devices: parseDevices(devices.join(",")).map((spec) => spec.text) };
}

/** The value that was refused, unless the sentence has already ended. */
function refused(message: string, value: unknown): string {
  if (message.endsWith("?")) return "";
  return `, not ${typeof value === "string" ? `"${value}"` : JSON.stringify(value)}`;
}

/**
 * Checks a run's configuration and fills in the defaults.
 *
 * @example
 * ```ts
 * resolveRunConfig({ sources: "car.mp4", devices: "cpu,gpu" }).devices; // ["cpu", "gpu"]
 * ```
 *
 * @throws {AipError} as `checkRunConfig`
 */
export function resolveRunConfig(input: RunConfigInput): RunConfig {
  return { ...runDefaults, ...checkRunConfig(input) };
}
