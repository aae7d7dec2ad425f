import type { DriftKind } from "../cascade/audit.ts";
import type { RateEstimate } from "../cascade/audit-estimate.ts";
import type { RecoveryAction } from "../cascade/recovery.ts";
import { formatNeeded } from "../cascade/spans.ts";
import { formatCount } from "../metrics/number-format.ts";

const RATE_NAMES: Readonly<Record<DriftKind, string>> = {
  falseNegatives: "misses more of what it is asked for",
  falsePositives: "sees more of what it is asked for where there is none",
  errorRate: "is wrong about more frames",
};

/** What is said of a cascade that is not what it was, to follow the source's name. */
export function driftText(
  kind: DriftKind,
  { rate, low, high, audited }: RateEstimate,
  isAll: boolean,
): string {
  const [at, from, to] = [rate, low, high].map((share) => `${(100 * share).toFixed(1)} %`);
  return (
    `the cascade ${RATE_NAMES[kind]} than was promised: ${at} (${from} to ${to}) of the frames, ` +
    `by ${formatCount(audited)} audits${isAll ? "; train it again" : ""}`
  );
}

/** Labels that did not do, and what follows. */
export interface Refusal {
  /** What is lacking. */
  readonly reason: string;
  /** Counting was enough to see it. */
  readonly isCounted: boolean;
  /** Labelled frames in all. */
  readonly frames: number;
  /** Those with which it may go well; 0 where nobody knows. */
  readonly framesNeeded: number;
  /** Those of the next attempt. */
  readonly framesWanted: number;
  /** Labelled a second. */
  readonly fps: number;
  /** What follows now: another attempt or none where the run has ended. */
  readonly action: RecoveryAction;
}

/** What is said of a refusal, to follow the source's name: what is lacking, and how it goes on. */
export function refusalText(refusal: Refusal): string {
  const { reason, frames, framesNeeded, framesWanted, action } = refusal;
  const said = `no new cascade yet: ${reason}`;
  if (action === "give-up") return said;
  if (refusal.isCounted) return `${said}; it is trained as soon as there are enough`;
  if (action === "train" || framesWanted <= frames) {
    return `${said}; another try at once, with all that is labelled by now`;
  }
  const wait = formatNeeded((framesWanted - frames) / refusal.fps);
  const next = `next try in ${wait}, at ${formatCount(framesWanted)} frames`;
  if (framesNeeded === 0 || framesWanted === framesNeeded) return `${said}; ${next}`;
  const why = framesWanted < framesNeeded ? "less may do by then" : "with some to spare";
  return `${said}; ${next}: ${why}`;
}
