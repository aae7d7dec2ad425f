import { type AipError, usageError } from "../errors.ts";
import { type Demand, fairShares } from "../metrics/fairness.ts";
import { suggestion } from "../nearest.ts";
import { paced, type SourceModel } from "../schedule/modelled-source.ts";
import type { DropPolicy } from "../types.ts";

/** Sources of a simulation, and how people are told of them. */
export interface ModelledLoad {
  readonly sources: readonly SourceModel[];
  /** Frames a second they deliver together; infinite where one always has one more. */
  readonly offeredFps: number;
  /** `"4 sources: 3 × 15fps:weight=2, silent"` */
  readonly text: string;
}

/** What holds for sources that say nothing of it. */
export interface LoadDefaults {
  /** Frames of each source; absent: as long as `frameCount` take together, a minute at least. */
  readonly frames: number | undefined;
  readonly frameCount: number;
  /** Frames a second the devices answer at most; infinite where they take no time. */
  readonly boundFps: number;
  readonly slots: number;
  readonly drop: DropPolicy;
}

const COUNT_MAX = 10_000;
/** Under overload the frames left in the slots at the end must not count for much. */
const SECONDS_MIN = 60;
const OPTIONS = ["count", "weight", "priority", "deadline", "silent-after"] as const;
type Option = (typeof OPTIONS)[number];

interface Kind {
  /** Infinite where there is always one more frame, 0 where there is none. */
  readonly fps: number;
  readonly count: number;
  readonly values: ReadonlyMap<Option, number>;
  /** The text without its count. */
  readonly text: string;
}

/**
 * Reads the sources of a simulation, by commas: a rate (`15fps`, `saturated` or `silent`) and
 * options.
 *
 * @example
 * ```ts
 * readLoad("15fps:weight=2:count=32,silent", defaults).sources.length; // 33
 * ```
 * @throws {AipError} `source-invalid`
 */
export function readLoad(text: string, defaults: LoadDefaults): ModelledLoad {
  const kinds = text.split(",").map((part) => readKind(part.trim()));
  const sum = (of: (kind: Kind) => number): number =>
    kinds.reduce((total, kind) => total + (kind.count === 0 ? 0 : kind.count * of(kind)), 0);
  const total = sum(() => 1);
  if (total > COUNT_MAX) {
    throw invalid(text, `${total} sources are too many: at most ${COUNT_MAX} can be simulated`);
  }
  const offeredFps = sum(({ fps }) => fps);
  const counts = frameCounts(kinds, offeredFps, defaults);
  const sources = kinds.flatMap((kind, at) =>
    Array.from({ length: kind.count }, (_, index) =>
      modelOf(kind, index, { ...defaults, frames: defaults.frames ?? (counts[at] as number) }),
    ),
  );
  const names = kinds.map((kind) =>
    kind.count === 1 ? kind.text : `${kind.count} × ${kind.text}`,
  );
  const count = total === 1 ? "1 source" : `${total} sources`;
  return { sources, offeredFps, text: `${count}: ${names.join(", ")}` };
}

/**
 * Frames of a source of each kind, so that all are over together: what a paced one delivers in that
 * time, and what a saturated one gets answered, which is its fair share of the devices.
 */
function frameCounts(
  kinds: readonly Kind[],
  offeredFps: number,
  { frameCount, boundFps }: LoadDefaults,
): readonly number[] {
  const lastingFps = Number.isFinite(offeredFps) ? offeredFps : boundFps;
  const seconds = Math.max(SECONDS_MIN, frameCount / lastingFps);
  const demands = kinds.flatMap(({ fps, count, values }) => {
    const silentFps = (values.get("silent-after") ?? Number.POSITIVE_INFINITY) / seconds;
    const demand = {
      frames: Math.min(fps, silentFps, boundFps),
      weight: values.get("weight") ?? 1,
      priority: values.get("priority") ?? 0,
    };
    return new Array<Demand>(count).fill(demand);
  });
  const shares = fairShares(demands, boundFps);
  let first = 0;
  return kinds.map(({ fps, count, values }) => {
    const shareFps = shares[first] ?? 0;
    first += count;
    if (Number.isFinite(fps)) return Math.max(1, Math.round(fps * seconds));
    if (!Number.isFinite(boundFps)) return Math.max(1, Math.round(frameCount / demands.length));
    // One that falls silent is not over: it has a frame that never comes.
    return Math.max(1, Math.round(shareFps * seconds)) + (values.has("silent-after") ? 1 : 0);
  });
}

function readKind(text: string): Kind {
  const [rate = "", ...parts] = text.split(":");
  const values = new Map<Option, number>();
  for (const part of parts) {
    const [key = "", value = ""] = part.split("=", 2);
    if (!isOption(key)) throw invalid(text, `unknown option "${key}"${suggestion(key, OPTIONS)}`);
    if (values.has(key)) throw invalid(text, `"${key}" is given twice`);
    values.set(key, readValue(text, key, value));
  }
  const count = values.get("count") ?? 1;
  const named = parts.filter((part) => !part.startsWith("count="));
  return { fps: readRate(text, rate), count, values, text: [rate, ...named].join(":") };
}

function readRate(text: string, rate: string): number {
  if (rate === "saturated") return Number.POSITIVE_INFINITY;
  if (rate === "silent") return 0;
  const fps = /^(\d+\.?\d*|\.\d+)fps$/.exec(rate)?.[1];
  if (fps !== undefined && Number(fps) > 0) return Number(fps);
  throw invalid(text, `it begins with a rate above 0 such as 15fps, or saturated or silent`);
}

/** What each option takes. */
const VALUES: Readonly<Record<Option, [expected: string, isValid: (value: number) => boolean]>> = {
  count: [
    `a whole number from 1 to ${COUNT_MAX}`,
    (value) => Number.isInteger(value) && value >= 1 && value <= COUNT_MAX,
  ],
  weight: ["a number above 0", (value) => value > 0],
  priority: ["a whole number", Number.isInteger],
  deadline: ["a time in ms above 0", (value) => value > 0],
  "silent-after": ["a number of frames", (value) => Number.isInteger(value) && value >= 0],
};

function isOption(text: string): text is Option {
  return (OPTIONS as readonly string[]).includes(text);
}

function readValue(text: string, key: Option, value: string): number {
  const [expected, isValid] = VALUES[key];
  const number = /^-?(\d+\.?\d*|\.\d+)$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isFinite(number) && isValid(number)) return number;
  throw invalid(text, `"${key}" is ${expected}, not "${value}"`);
}

function modelOf(
  { fps, count, values }: Kind,
  index: number,
  { frames, slots, drop }: LoadDefaults & { readonly frames: number },
): SourceModel {
  const deadlineMs = values.get("deadline") ?? null;
  const share = { weight: values.get("weight") ?? 1, priority: values.get("priority") ?? 0 };
  // What always has one more frame waits for a slot, whatever gives way elsewhere.
  const given: DropPolicy = Number.isFinite(fps) ? drop : "never";
  const model = { frames, slots, drop: given, ...share, deadlineMs };
  const silentAfter = values.get("silent-after") ?? (fps === 0 ? 0 : undefined);
  if (!Number.isFinite(fps) && silentAfter === undefined) return { ...model, arrivalMs: null };
  // Sources of one kind begin one after the other within a frame's time, as cameras do.
  const arrivalMs = Number.isFinite(fps) ? paced(fps, (1000 * index) / (fps * count)) : () => 0;
  if (silentAfter === undefined) return { ...model, arrivalMs };
  return {
    ...model,
    arrivalMs: (frame) => (frame < silentAfter ? arrivalMs(frame) : Number.POSITIVE_INFINITY),
  };
}

function invalid(text: string, reason: string): AipError {
  return usageError("source-invalid", `Cannot simulate source "${text}": ${reason}`);
}
