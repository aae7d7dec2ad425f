import { usageError } from "../errors.ts";
import { trialsNeeded } from "./bounds.ts";
import { FootageShortage } from "./footage-shortage.ts";
import { markedIntervals } from "./intervals.ts";
import { type ErrorBudget, IGNORED } from "./types.ts";

/**
 * Shares of the footage: training, validation, tuning, held-out. The most is held out: what a rare
 * object lacks first is appearances to bound its errors with.
 */
const SHARES = [0.3, 0.08, 0.2, 0.42] as const;
/** Share of the footage that is held out: of so much more of it, so much is. */
export const HELD_OUT_SHARE: number = SHARES[3];
const NAMES = ["training", "validation", "tuning", "held-out"] as const;
/** Frames of each kind that training needs at least to learn anything. */
const TRAINING_COUNT_MIN = 50;
/** Frames left out between spans, in seconds: what is seen there belongs to both. */
const GUARD_SECONDS = 1;

/** Stretch of the footage. */
export interface Span {
  readonly name: (typeof NAMES)[number];
  /** Index of its first frame. */
  readonly from: number;
  /** Index after its last frame. */
  readonly to: number;
}

/** The four spans in the order of time. */
export interface Spans {
  readonly training: Span;
  readonly validation: Span;
  readonly tuning: Span;
  readonly heldOut: Span;
}

export interface SpanOptions {
  /** 1 present, 0 absent, `IGNORED`, by frame. */
  readonly truth: Uint8Array;
  readonly fps: number;
  readonly budget: ErrorBudget;
  /** Name of the object for messages: `person`. */
  readonly object: string;
  /** Shares of the four, 0–1 exclusive, together at most 1. */
  readonly shares?: readonly [number, number, number, number];
}

/**
 * Cuts footage into training, validation, tuning and held-out, in the order of time, with a second
 * left out between two of them.
 *
 * @throws {AipError} `footage-too-short` (a `FootageShortage`), `object-absent`,
 * `object-always-present`: what was seen cannot support the budgets whatever the cascade is, and how
 * much more would be needed
 */
export function splitSpans(options: SpanOptions): Spans {
  const { truth, fps, shares = SHARES } = options;
  checkObject(options);
  const guard = Math.round(GUARD_SECONDS * fps);
  let from = 0;
  const spans = shares.map((share, index): Span => {
    const to = from + Math.floor(share * truth.length);
    const span = { name: NAMES[index] as Span["name"], from, to: Math.max(from, to - guard) };
    from = to;
    return span;
  });
  const [training, validation, tuning, heldOut] = spans as [Span, Span, Span, Span];
  checkLength({ ...options, shares }, { training, validation, tuning, heldOut });
  return { training, validation, tuning, heldOut };
}

function checkObject({ truth, fps, object }: SpanOptions): void {
  const seconds = formatSeconds(truth.length / fps);
  const { present, absent } = countKinds(truth);
  if (present === 0) {
    throw usageError(
      "object-absent",
      `The footage shows no ${object} in ${seconds}: give footage that shows one several times`,
    );
  }
  if (absent === 0) {
    throw usageError(
      "object-always-present",
      `All ${seconds} of the footage show a ${object}: give footage that also shows none`,
    );
  }
}

/**
 * Every span needs both kinds; training enough of them; and the held-out span so many that no error
 * at all would be within the budget.
 */
function checkLength(options: Required<SpanOptions>, spans: Spans): void {
  const { truth, fps, budget, object, shares } = options;
  const total = countKinds(truth);
  const needs = Object.values(spans).flatMap((span: Span, index) => {
    const counts = countKinds(truth.subarray(span.from, span.to));
    const length = span.to - span.from;
    const atLeast =
      span.name === "held-out"
        ? {
            present: trialsNeeded(budget.falseNegatives, 0),
            absent: trialsNeeded(budget.falsePositives, 0),
          }
        : minima(span);
    const lacking = (["present", "absent"] as const).filter((is) => counts[is] < atLeast[is]);
    // A span is its share of the footage, less the second that is left out.
    const share = shares[index] as number;
    // It goes on as it is, or half as well as all of the footage where it is worse than that.
    return lacking.map((kind) => {
      const here = length === 0 ? 0 : counts[kind] / length;
      const rate = Math.max(here, (0.5 * total[kind]) / truth.length);
      const needed = length + (atLeast[kind] - counts[kind]) / rate;
      const frames = (needed + Math.round(GUARD_SECONDS * fps)) / share;
      return { span, counts, atLeast, kind, frames };
    });
  });
  const worst = needs.toSorted((a, b) => b.frames - a.frames)[0];
  if (worst === undefined) return;
  const { span, counts, atLeast, kind } = worst;
  const what = kind === "present" ? `with a ${object}` : `without a ${object}`;
  const framesNeeded = Math.max(truth.length + 1, Math.ceil(worst.frames));
  throw new FootageShortage(
    "footage-too-short",
    `${formatSeconds(truth.length / fps)} of footage are too short: its ${span.name} part has ` +
      `${counts[kind]} frames ${what}, and needs ${atLeast[kind]}; ` +
      `give about ${formatNeeded((framesNeeded - truth.length) / fps)} more of the kind`,
    framesNeeded,
  );
}

function minima({ name }: Span): { readonly present: number; readonly absent: number } {
  const count = name === "training" ? TRAINING_COUNT_MIN : 1;
  return { present: count, absent: count };
}

function countKinds(truth: Uint8Array): { readonly present: number; readonly absent: number } {
  let present = 0;
  let absent = 0;
  for (const is of truth) {
    if (is === IGNORED) continue;
    if (is === 1) present += 1;
    else absent += 1;
  }
  return { present, absent };
}

/** Times that the object appears in a span, as far as gaps of a second part them. */
export function countAppearances(truth: Uint8Array, fps: number): number {
  return markedIntervals(truth, { joinFrames: Math.round(fps) }).length;
}

/** A length of time as people say it: `1.3 seconds`, `40 seconds`, `2.3 minutes`, `2.5 hours`. */
export function formatSeconds(seconds: number): string {
  return formatTime(seconds, Math.round);
}

/** The same of a time that is needed: no less than that. */
export function formatNeeded(seconds: number): string {
  // A hair above a whole number is that number.
  return formatTime(seconds, (value) => Math.ceil(value - 1e-6));
}

function formatTime(seconds: number, toWhole: (value: number) => number): string {
  const tenths = (value: number): number => toWhole(10 * value) / 10;
  const [value, unit] =
    seconds < 10
      ? [tenths(seconds), "seconds"]
      : seconds < 120
        ? [toWhole(seconds), "seconds"]
        : seconds < 600
          ? [tenths(seconds / 60), "minutes"]
          : seconds < 7200
            ? [toWhole(seconds / 60), "minutes"]
            : [tenths(seconds / 3600), "hours"];
  return `${value} ${value === 1 ? unit.slice(0, -1) : unit}`;
}
