import { type AipError, usageError } from "../errors.ts";
import { suggestion } from "../nearest.ts";
import type { FrameGeometry } from "../types.ts";
import type { IngestSegment, Source, SourceInfo } from "./source.ts";

/** What the demo scene shows and how long; all of it follows from these. */
export interface DemoOptions {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Frames a second it is paced to; null for what the run says. */
  readonly paceFps: number | null;
  /** Number of frames; null for no end. */
  readonly frameCount: number | null;
  readonly seed: number;
  /** How much traffic there is: 1 is ordinary. */
  readonly density: number;
  /** Index of the first frame. */
  readonly start: number;
  /** Share of persons, 0–1; -1 leaves it to the scene. */
  readonly personShare: number;
  /**
   * Share of the time in which one person, a visitor, is in the picture, 0–0.5; with visitors there
   * are no cyclists, and no other persons unless `personShare` asks for them.
   */
  readonly visitorShare: number;
  /** Mean length of a visit in seconds of the scene's time, 1–600. */
  readonly visitorSeconds: number;
}

/** Names of the ground truth's classes, class 0 first. */
export const DEMO_CLASSES: readonly string[] = ["vehicle", "person", "cyclist"];

/** Frames of a demo that nobody gave a length. */
const FRAME_COUNT = 600;
const DEFAULTS: DemoOptions = {
  width: 640,
  height: 360,
  fps: 25,
  paceFps: null,
  frameCount: FRAME_COUNT,
  seed: 1,
  density: 1,
  start: 0,
  personShare: -1,
  visitorShare: 0,
  visitorSeconds: 6,
};

const KEYS = [
  ...(["size", "frames", "fps", "pace", "seed", "density", "start"] as const),
  ...(["persons", "visitors", "stay"] as const),
] as const;
// Limits of aip_demo.h.
const SIDE_MIN = 64;
const SIDE_MAX = 4096;
const U32_MAX = 2 ** 32 - 1;
const COUNT: NumberRange = { least: 1, most: U32_MAX, whole: true };
const FPS_MAX = 1000;
const DENSITY_MAX = 4;
const VISITOR_SHARE_MAX = 0.5;
const VISITOR_SECONDS: NumberRange = { least: 1, most: 600 };

/**
 * Opens the built-in traffic scene. It is drawn by the ingest worker, straight into slots, and
 * carries exact ground truth; no ffmpeg takes part.
 *
 * @param frames Frames the run will take; a demo without a length of its own is as long.
 * @throws {AipError} `demo-option`
 */
export function openDemo(spec: string, name: string, frames?: number): Source {
  return new DemoSource(spec, name, parseDemo(spec, frames));
}

/**
 * Reads `demo[:key=value…]`; pure.
 *
 * @example
 * ```ts
 * parseDemo("demo:size=1280x720:frames=endless:seed=7").frameCount; // null
 * ```
 * @throws {AipError} `demo-option` for an unknown, repeated or nonsensical option
 */
export function parseDemo(spec: string, frames: number = FRAME_COUNT): DemoOptions {
  const values = new Map<string, string>();
  const [, ...parts] = spec.split(":");
  for (const part of parts) {
    const [key = "", value] = part.split("=", 2);
    if (key === "") throw wrong(spec, `an option is missing after ":" (known: ${KEYS.join(", ")})`);
    if (!KEYS.some((known) => known === key)) {
      throw wrong(spec, `unknown option "${key}"${suggestion(key, KEYS)}`);
    }
    if (value === undefined || value === "") throw wrong(spec, `"${key}" needs a value: ${key}=…`);
    if (values.has(key)) throw wrong(spec, `"${key}" is given twice`);
    values.set(key, value);
  }
  const number = (key: (typeof KEYS)[number], fallback: number, range: NumberRange): number => {
    const text = values.get(key);
    return text === undefined ? fallback : parseNumber(spec, key, text, range);
  };
  const size = values.get("size");
  const endless = values.get("frames") === "endless";
  const visitorShare = number("visitors", 0, { least: 0, most: VISITOR_SHARE_MAX });
  if (values.has("stay") && visitorShare === 0) {
    throw wrong(spec, '"stay" is how long visitors stay: it needs "visitors" above 0');
  }
  const persons = visitorShare > 0 ? 0 : DEFAULTS.personShare;
  return {
    ...(size === undefined ? DEFAULTS : parseSize(spec, size)),
    fps: number("fps", DEFAULTS.fps, { above: 0, most: FPS_MAX }),
    paceFps: values.has("pace") ? number("pace", 0, { above: 0, most: FPS_MAX }) : null,
    frameCount: endless ? null : number("frames", frames, COUNT),
    seed: number("seed", DEFAULTS.seed, { least: 0, most: U32_MAX, whole: true }),
    density: number("density", DEFAULTS.density, { least: 0, most: DENSITY_MAX }),
    start: number("start", DEFAULTS.start, { least: 0, most: U32_MAX, whole: true }),
    personShare: number("persons", persons, { least: 0, most: 1 }),
    visitorShare,
    visitorSeconds: number("stay", DEFAULTS.visitorSeconds, VISITOR_SECONDS),
  };
}

class DemoSource implements Source {
  readonly name: string;
  readonly spec: string;
  readonly live = false;
  readonly info: SourceInfo;
  readonly paceFps?: number;
  readonly #options: DemoOptions;
  #opened = false;

  constructor(spec: string, name: string, options: DemoOptions) {
    const { width, height, fps, frameCount } = options;
    const geometry: FrameGeometry = {
      width,
      height,
      pixelFormat: "yuv420p",
      colorMatrix: "bt601",
      colorRange: "limited",
    };
    this.name = name;
    this.spec = spec;
    this.info = {
      geometry,
      fps,
      description: `demo ${width}×${height}`,
      truthClasses: DEMO_CLASSES,
      ...(frameCount === null ? {} : { frameCount }),
    };
    if (options.paceFps !== null) this.paceFps = options.paceFps;
    this.#options = options;
  }

  async open(): Promise<IngestSegment | null> {
    if (this.#opened) return null;
    this.#opened = true;
    const { width: _width, height: _height, paceFps: _pace, ...scene } = this.#options;
    return { kind: "demo", geometry: this.info.geometry, ...scene };
  }

  async finish(): Promise<AipError | null> {
    return null;
  }

  notes(): readonly string[] {
    return [];
  }

  async close(): Promise<void> {
    this.#opened = true;
  }
}

interface NumberRange {
  readonly above?: number;
  readonly least?: number;
  readonly most: number;
  readonly whole?: boolean;
}

function parseNumber(spec: string, key: string, text: string, range: NumberRange): number {
  const { above, least, most, whole = false } = range;
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const fits =
    (above === undefined || value > above) &&
    (least === undefined || value >= least) &&
    value <= most;
  if (fits && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? "a whole number" : "a number";
  const low = above === undefined ? `from ${least}` : `above ${above}`;
  const endless = key === "frames" ? ' or "endless"' : "";
  throw wrong(spec, `"${key}" is ${kind} ${low} to ${most}${endless}, not "${text}"`);
}

function parseSize(spec: string, text: string): DemoOptions {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  const fits = (side: number): boolean => side >= SIDE_MIN && side <= SIDE_MAX;
  if (fits(width) && fits(height)) return { ...DEFAULTS, width, height };
  const limits = `sides of ${SIDE_MIN} to ${SIDE_MAX}`;
  throw wrong(spec, `"size" is written as 640x360, with ${limits} pixels, not "${text}"`);
}

function wrong(spec: string, reason: string): AipError {
  return usageError("demo-option", `Cannot open source "${spec}": ${reason}`);
}
