import { CONFIDENCE_MIN, type ErrorBudget, type Question } from "../cascade/types.ts";
import { runDefaults } from "../config/run-config.ts";
import { checkRunConfig } from "../config/schema.ts";
import { type AipError, usageError } from "../errors.ts";
import type { CommandInput } from "./command.ts";
import { readLabelsFrom } from "./labels-from.ts";

const SECONDS_MAX = 604_800;
const SEED_MAX = 2 ** 31 - 1;
const CONFIDENCE_DEFAULT = 0.5;
const BUDGET_DEFAULT: ErrorBudget = { falseNegatives: 0.01, falsePositives: 0.01 };

/** The flags of `aip cascade train`, checked. */
export interface TrainRequest {
  readonly camera: string;
  readonly question: Question;
  readonly model: string;
  readonly devices: string;
  readonly budget: ErrorBudget;
  /** How much of the footage is taken; undefined for all. */
  readonly seconds: number | undefined;
  readonly frames: number | undefined;
  /** File of labels to take instead of the reference model's. */
  readonly labels: string | undefined;
  /** Number of the first frame in names of COCO images. */
  readonly labelsFrom: number | undefined;
  readonly output: string;
  readonly seed: number;
  readonly quiet: boolean;
}

/** @throws {AipError} category `usage` */
export function readTrainRequest({ flags, operands }: CommandInput): TrainRequest {
  const text = textOf(flags);
  const [camera, extra] = operands;
  if (camera === undefined) {
    throw usageError(
      "operand-missing",
      "No camera given: write aip cascade train CAMERA --for person",
    );
  }
  if (extra !== undefined) {
    throw usageError("operand-unknown", `Unexpected "${extra}": a cascade is for one camera`);
  }
  const wanted = text("for");
  if (wanted === undefined) {
    throw usageError("flag-missing", "What is asked for? Name it: --for person");
  }
  const {
    classes = [],
    devices,
    model,
    frames,
  } = checkRunConfig(
    {
      classes: wanted,
      devices: text("device"),
      model: text("model"),
      frames: numberOrText(text("frames")),
    },
    (key) => `--${{ devices: "device", classes: "for" }[key] ?? key}`,
  );
  const seconds = text("for-seconds");
  if (seconds !== undefined && frames !== undefined) {
    throw invalid("--for-seconds and --frames both say how much is watched: leave out one of them");
  }
  return {
    camera,
    question: {
      classes,
      confidence: readConfidence(text("confidence")),
      region: readRegion(text("region")),
    },
    model: model ?? runDefaults.model,
    devices: (devices ?? runDefaults.devices).join(","),
    budget: readBudget(flags),
    seconds: seconds === undefined ? undefined : readSeconds(seconds),
    frames,
    labels: text("labels"),
    labelsFrom: readLabelsFrom(text("labels-from"), text("labels")),
    output: text("out") ?? defaultOutput(camera, classes),
    seed: readSeed(text("seed")),
    quiet: flags["quiet"] === true,
  };
}

/**
 * Reads `--max-fn` and `--max-fp`.
 * @param otherwise rates of those that are not named
 * @throws {AipError} `flag-invalid`, also for 0 %: no finite footage can show that
 */
export function readBudget(
  flags: CommandInput["flags"],
  otherwise: ErrorBudget = BUDGET_DEFAULT,
): ErrorBudget {
  const text = textOf(flags);
  return {
    falseNegatives: readRate(text("max-fn"), "max-fn") ?? otherwise.falseNegatives,
    falsePositives: readRate(text("max-fp"), "max-fp") ?? otherwise.falsePositives,
  };
}

/** `1%`, or 0.01: a number without a sign that is 1 or more would be all of them. */
function readRate(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, sign] = /^(\d+\.?\d*|\.\d+)\s*(%?)$/.exec(text) ?? [];
  const rate = digits === undefined ? Number.NaN : Number(digits) / (sign === "%" ? 100 : 1);
  if (rate === 0) {
    throw invalid(
      `--${name} must be above 0: no footage, however long, can show that nothing is ever wrong; ` +
        "1% is usual",
    );
  }
  if (rate > 0 && rate < 1) return rate;
  throw invalid(`--${name} must be a rate above 0 and below 100 %, as 1% or 0.01, not "${text}"`);
}

/** Less than is kept as labels cannot be asked for. */
function readConfidence(text: string | undefined): number {
  if (text === undefined) return CONFIDENCE_DEFAULT;
  const value = numberOrText(text);
  if (typeof value === "number" && value >= CONFIDENCE_MIN && value <= 1) return value;
  throw invalid(`--confidence must be a number from ${CONFIDENCE_MIN} to 1, not "${text}"`);
}

function readRegion(text: string | undefined): Question["region"] {
  if (text === undefined) return null;
  const numbers = text
    .split(",")
    .map((word) => (/^\s*\d*\.?\d+\s*$/.test(word) ? Number(word) : -1));
  const [x1 = -1, y1 = -1, x2 = -1, y2 = -1] = numbers;
  const isWithin = numbers.length === 4 && numbers.every((value) => value >= 0 && value <= 1);
  if (isWithin && x1 < x2 && y1 < y2) return [x1, y1, x2, y2];
  const expected = "left,top,right,bottom as shares of the picture, such as 0,0.4,0.5,1";
  throw invalid(`--region must be ${expected}, not "${text}"`);
}

function readSeconds(text: string): number {
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= SECONDS_MAX) return value;
  throw invalid(`--for-seconds must be a number above 0, at most ${SECONDS_MAX}, not "${text}"`);
}

function readSeed(text: string | undefined): number {
  if (text === undefined) return 1;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= SEED_MAX) return value;
  throw invalid(`--seed must be a whole number from 0 to ${SEED_MAX}, not "${text}"`);
}

/** `door.mp4` for `person` → `door-person.aip`, in the working directory. */
function defaultOutput(camera: string, classes: readonly string[]): string {
  return `${cameraStem(camera)}-${classes.join("-").replaceAll(/[^\w.-]+/g, "-")}.aip`;
}

/** What files of a camera are named after: `rtsp://192.0.2.7/door` → `door`. */
export function cameraStem(camera: string): string {
  const last =
    camera
      .split("/")
      .at(-1)
      ?.replace(/\.[^.]*$/, "") ?? "";
  const stem = last.replaceAll(/[^\w.-]+/g, "-").replaceAll(/^-+|-+$/g, "");
  return stem || "camera";
}

function textOf(flags: CommandInput["flags"]): (name: string) => string | undefined {
  return (name) => {
    const value = flags[name];
    return typeof value === "string" ? value : undefined;
  };
}

/** A word that is no number stays one, for the check to refuse. */
function numberOrText(text: string | undefined): number | string | undefined {
  return text !== undefined && /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : text;
}

function invalid(message: string): AipError {
  return usageError("flag-invalid", message);
}
