import { runDefaults } from "../config/run-config.ts";
import { checkRunConfig } from "../config/schema.ts";
import { type AipError, usageError } from "../errors.ts";
import type { CameraFormat } from "../planning/camera-clip.ts";
import { CAMERA_COUNT_MAX } from "../schedule/capacity.ts";
import type { CommandInput } from "./command.ts";

const FORMAT_DEFAULT: CameraFormat = { width: 1280, height: 720, fps: 15 };
/** Sides a camera's picture may have; even, as H.264 stores colour for every second pixel. */
const SIDE_MIN = 64;
const SIDE_MAX = 8192;
const FPS_MAX = 1000;
const LATENCY_MS_MAX = 600_000;
const SECONDS_DEFAULT = 60;
const SECONDS_MAX = 86_400;

/** What is to be planned, as the user asked for it. */
export interface PlanRequest {
  /** Cameras asked for; null asks for as many as fit. */
  readonly cameras: number | null;
  /** Size and rate of their pictures; those left out are the recording's own. */
  readonly size: Pick<CameraFormat, "width" | "height"> | null;
  readonly fps: number | null;
  /** In-order latency in ms that 95 of 100 frames keep; null where none is asked for. */
  readonly latencyMs: number | null;
  readonly model: string;
  /** What `--device` takes. */
  readonly devices: string;
  /** Recording that stands for a camera; null for a synthetic one. */
  readonly source: string | null;
  /** Time a verification measures, in s; null without one. */
  readonly verifySeconds: number | null;
}

/**
 * Reads the flags of `aip plan`.
 * @throws {AipError} category `usage`, where one is unknown or out of range
 */
export function readPlanRequest({ flags }: CommandInput): PlanRequest {
  const text = (name: string): string | null => {
    const value = flags[name];
    return typeof value === "string" ? value : null;
  };
  const source = text("source");
  const size = text("size");
  if (source !== null && size !== null) {
    throw invalid(`--size is the recording's own where --source names one: leave it out`);
  }
  const seconds = text("seconds");
  if (seconds !== null && flags["verify"] !== true) {
    throw invalid("--seconds is the time that --verify measures: add --verify");
  }
  const { devices = runDefaults.devices, model = runDefaults.model } = checkRunConfig(
    { devices: text("device"), model: text("model") },
    (key) => `--${key === "devices" ? "device" : key}`,
  );
  return {
    cameras: readNumber(text("cameras"), "cameras", wholeUpTo(CAMERA_COUNT_MAX)),
    size: size === null ? null : readSize(size),
    fps: readNumber(text("fps"), "fps", above0UpTo(FPS_MAX)),
    latencyMs: readNumber(text("latency"), "latency", above0UpTo(LATENCY_MS_MAX)),
    model,
    devices: devices.join(","),
    source,
    verifySeconds:
      flags["verify"] === true
        ? (readNumber(seconds, "seconds", wholeUpTo(SECONDS_MAX)) ?? SECONDS_DEFAULT)
        : null,
  };
}

/** Size and rate of the cameras; a recording's own, where one stands for them. */
export function formatOf(request: PlanRequest, recording: Partial<CameraFormat>): CameraFormat {
  const { size, fps } = request;
  return {
    ...FORMAT_DEFAULT,
    ...recording,
    ...size,
    ...(fps !== null && { fps }),
  };
}

/** What a number may be, and the sentence that says so. */
interface NumberRule {
  readonly pattern: RegExp;
  readonly max: number;
  readonly expected: string;
}

function wholeUpTo(max: number): NumberRule {
  return { pattern: /^\d{1,9}$/, max, expected: `a whole number from 1 to ${max}` };
}

function above0UpTo(max: number): NumberRule {
  return { pattern: /^(\d+\.?\d*|\.\d+)$/, max, expected: `a number above 0, at most ${max}` };
}

function readNumber(text: string | null, name: string, rule: NumberRule): number | null {
  if (text === null) return null;
  const value = rule.pattern.test(text) ? Number(text) : 0;
  if (value > 0 && value <= rule.max) return value;
  throw invalid(`--${name} must be ${rule.expected}, not "${text}"`);
}

function readSize(text: string): PlanRequest["size"] {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  const fits = (side: number): boolean => side >= SIDE_MIN && side <= SIDE_MAX && side % 2 === 0;
  if (fits(width) && fits(height)) return { width, height };
  const expected = `WIDTHxHEIGHT, such as 1280x720, both even and from ${SIDE_MIN} to ${SIDE_MAX}`;
  throw invalid(`--size must be ${expected}, not "${text}"`);
}

function invalid(message: string): AipError {
  return usageError("flag-invalid", message);
}
