import type { Cascade } from "../cascade/file/cascade.ts";
import { checkOutputs } from "../config/outputs.ts";
import { checkRunConfig } from "../config/schema.ts";
import { type AipError, usageError } from "../errors.ts";
import { INTERVAL_LIMITS, type IntervalLimits } from "../find/intervals.ts";
import { BUNDLED_MODELS } from "../model/catalog.ts";
import { checkFolder } from "../sink/make-folder.ts";
import type { CommandInput } from "./command.ts";

const SECONDS_MAX = 86_400;

/** The words and flags of `aip find`, checked. */
export interface FindRequest {
  readonly classes: readonly string[];
  readonly videos: readonly string[];
  readonly cascade: string;
  /** Undefined where the cascade says it. */
  readonly model: string | undefined;
  readonly devices: string;
  readonly limits: IntervalLimits;
  readonly clips: string | undefined;
  readonly sheet: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** @throws {AipError} category `usage` */
export async function readFindRequest({ flags, operands }: CommandInput): Promise<FindRequest> {
  const text = (name: string): string | undefined => {
    const value = flags[name];
    return typeof value === "string" ? value : undefined;
  };
  const [what, ...videos] = operands;
  if (what === undefined || videos.length === 0) {
    throw usageError(
      "operand-missing",
      "Nothing to search: write aip find person VIDEO… --cascade FILE",
    );
  }
  const cascade = text("cascade");
  if (cascade === undefined) {
    const remedy = `"aip cascade train CAMERA --for ${what}" makes one`;
    throw usageError("flag-missing", `--cascade FILE is needed to search quickly; ${remedy}`);
  }
  const given = { devices: text("device"), model: text("model") };
  const { devices = ["auto"], model } = checkRunConfig(given, (key) =>
    key === "devices" ? "--device" : `--${key}`,
  );
  const sheet = text("sheet");
  if (sheet !== undefined && !/\.jpe?g$/i.test(sheet)) {
    throw invalid(`--sheet "${sheet}" must end in .jpg: a JPEG picture is written`);
  }
  const clips = text("clips");
  if (clips !== undefined) await checkFolder(clips);
  return {
    classes: what.split(",").map((name) => name.trim()),
    videos,
    cascade,
    model,
    devices: devices.join(","),
    limits: {
      gapS: readSeconds(text("gap"), "gap") ?? INTERVAL_LIMITS.gapS,
      shortestS: readSeconds(text("shortest"), "shortest") ?? INTERVAL_LIMITS.shortestS,
    },
    clips,
    sheet,
    json: flags["json"] === true,
    quiet: flags["quiet"] === true,
  };
}

/**
 * Refuses a search for what the cascade does not answer: it knows one question.
 * @throws {AipError} `cascade-question`
 */
export function checkAsked(classes: readonly string[], { question }: Cascade, path: string): void {
  const known = new Set(question.classes);
  if (classes.length === known.size && classes.every((name) => known.has(name))) return;
  const [asked, answered] = [classes, question.classes].map((names) => names.join(","));
  throw usageError(
    "cascade-question",
    `Cascade "${path}" answers "${answered}", not "${asked}": search for "${answered}", or train ` +
      `one with --for ${asked}`,
  );
}

/** The reference model: as given, or the bundled one that the cascade was trained with. */
export function modelFor(model: string | undefined, { reference }: Cascade): string {
  if (model !== undefined) return model;
  if (Object.hasOwn(BUNDLED_MODELS, reference.name)) return reference.name;
  throw usageError(
    "flag-missing",
    `The cascade's reference model is "${reference.name}": name its file with --model`,
  );
}

function readSeconds(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value <= SECONDS_MAX) return value;
  throw invalid(`--${name} must be a number of seconds from 0 to ${SECONDS_MAX}, not "${text}"`);
}

/**
 * Found out before hours of video are searched: whether the contact sheet can be written.
 * @throws {AipError} as `checkOutputs`
 */
export function checkSheet(
  {
    videos,
    cascade,
    devices,
    sheet,
  }: Pick<FindRequest, "videos" | "cascade" | "devices" | "sheet">,
  model: string,
): void {
  if (sheet === undefined) return;
  checkOutputs({ sources: videos, cascade, model, devices: devices.split(","), report: sheet });
}

function invalid(message: string): AipError {
  return usageError("flag-invalid", message);
}
