import { FootageShortage } from "../cascade/footage-shortage.ts";
import type { Shortfall, TunedCascade } from "../cascade/ladder.ts";
import { isPointless, type Optimized } from "../cascade/optimizer.ts";
import { formatNeeded, HELD_OUT_SHARE } from "../cascade/spans.ts";
import type { ErrorBudget } from "../cascade/types.ts";
import { usageError } from "../errors.ts";
import { formatCount } from "../metrics/number-format.ts";

/** What is needed to say why a claim is not supported. */
export interface ClaimContext {
  /** `person` */
  readonly object: string;
  readonly fps: number;
  /** Frames of the footage in all, held-out ones among them. */
  readonly frames: number;
}

/**
 * Refuses a cascade whose bounds do not reach the budget, and says what would help: how much more
 * footage, and which budget this footage can support.
 *
 * @throws {FootageShortage} `claim-unsupported`
 */
export function checkClaim({ shortfall, front }: Optimized, context: ClaimContext): void {
  if (shortfall === null) return;
  throw unsupported(shortfall, front, context);
}

/**
 * Refuses a cascade that is the reference model alone: nothing cheaper keeps the budget.
 * @throws {AipError} `cascade-pointless`
 */
export function checkWorthwhile({ chosen }: Optimized, { object }: ClaimContext): void {
  if (!isPointless(chosen)) return;
  const { falseNegatives, falsePositives } = chosen.budget;
  throw usageError(
    "cascade-pointless",
    `No cascade for "${object}" keeps false negatives within ${percent(falseNegatives)} and false ` +
      `positives within ${percent(falsePositives)} here: the networks could not learn it well ` +
      "enough; ask for less, or give footage that shows it more often",
  );
}

function unsupported(
  shortfall: Shortfall,
  front: readonly TunedCascade[],
  { object, fps, frames }: ClaimContext,
): FootageShortage {
  const { kind, bound, budget } = shortfall;
  const what = kind === "falseNegatives" ? "false negatives" : "false positives";
  const shown = kind === "falseNegatives" ? `with a ${object}` : `without a ${object}`;
  const seen =
    `${formatCount(bound.errors)} of ${formatCount(bound.trials)} held-out frames ${shown} were ` +
    `wrong, which bounds the rate of ${what} at ${percent(bound.upper)}, not ${percent(budget)}`;
  // Of all that is added, so much is held out.
  const framesNeeded =
    frames + Math.ceil((shortfall.framesNeeded - shortfall.frames) / HELD_OUT_SHARE);
  return new FootageShortage(
    "claim-unsupported",
    `The footage cannot support the claim: ${seen}; ${remedyOf(framesNeeded - frames, fps)}` +
      supportable(front),
    framesNeeded,
  );
}

function remedyOf(frames: number, fps: number): string {
  if (!Number.isFinite(frames))
    return "more held-out frames alone would not help, as this cascade is wrong that often";
  return `about ${formatNeeded(frames / fps)} more of such footage would be needed`;
}

/** The strictest budget of the front that holds and gains something. */
function supportable(front: readonly TunedCascade[]): string {
  const best = front.find((tuned) => tuned.holds && !isPointless(tuned));
  if (best === undefined) return "";
  const { falseNegatives, falsePositives }: ErrorBudget = best.budget;
  return (
    `, or ask for what it supports: --max-fn ${percent(falseNegatives)} ` +
    `--max-fp ${percent(falsePositives)}`
  );
}

/** `1%`, as the flags take it. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))}%`;
}
