import { mulberry32 } from "../random.ts";
import { type AuditEstimates, AuditEstimator, type AuditedFrame } from "./audit-estimate.ts";
import { AuditSampler } from "./audit-sample.ts";
import { BudgetWatch } from "./budget-watch.ts";
import { Cusum, type CusumDesign, designCusum } from "./cusum.ts";
import type { CascadePromise } from "./promise.ts";
import type { ErrorBudget } from "./types.ts";

/** Default share of the frames answered early that is audited. */
export const AUDIT_SHARE = 0.005;
/** A rise of a rate beyond what was promised that is noticed soonest. */
const FACTOR = 5;
const SECONDS_PER_DAY = 86_400;
/** Keeps the stream that thins audits apart from the one that draws them. */
const THINNING_STREAM = 0x2545f491;
/** Of frames that are wrong this often already, nothing can be said by their being wrong. */
const BASELINE_MAX = 0.3;
/**
 * Share of the false alarms that the test of all errors may give: it sees a rise of both kinds,
 * and of the more frequent one, sooner than the others do.
 */
const ERROR_RATE_SHARE = 0.75;
/** Least part of the other tests' false alarms that one of them may give. */
const KIND_SHARE_MIN = 0.02;

/** Which rate has risen; of several that of a kind is named. */
export type DriftKind = "falseNegatives" | "falsePositives" | "errorRate";

export interface AuditOptions {
  /** Share of the frames answered early, 0–1. Default 0.005. */
  readonly share?: number;
  /**
   * Share of the audits that goes where answers are doubtful, 0 to below 1: the estimates gain by
   * it, while the tests use the others alone. Default 0.
   */
  readonly emphasis?: number;
  readonly seed: number;
  /** Frames a second of the source: with it, false alarms are counted by the day. */
  readonly fps: number;
  /** Error rates among frames answered early: a rise beyond them is drift. */
  readonly promise: CascadePromise;
  /**
   * What the rates over all frames may be. A rate that no test can watch is drift once its whole 95 %
   * interval lies above. Default: such a rate is not watched.
   */
  readonly budget?: ErrorBudget;
  /** False alarms a day of video at most, while the promise holds. Default 1. */
  readonly falseAlarmsPerDay?: number;
}

/** What the audit knows, for reports. */
export interface AuditReport extends AuditEstimates {
  /** The tests at work; null where a rate cannot be watched. */
  readonly tests: Readonly<Record<DriftKind, CusumDesign | null>>;
  /** What has alarmed since the last reset. */
  readonly drift: DriftKind | null;
}

/**
 * Watches a cascade at work: a random sample of the frames answered early goes to the reference
 * model as well. Running estimates of the error rates, and a CUSUM test of each.
 *
 * @example
 * ```ts
 * const audit = new Audit({ seed: 1, fps: 15, promise });
 * const probability = audit.draw(scoreUncertainty(score, cLow, cHigh));
 * if (probability > 0) drift = audit.audited({ answered, present: ask(frame), probability });
 * ```
 */
export class Audit {
  readonly #sampler: AuditSampler;
  readonly #thin: () => number;
  readonly #tests: Readonly<Record<DriftKind, Cusum | null>>;
  readonly #budget: ErrorBudget | undefined;
  #watches: readonly BudgetWatch[];
  #estimator: AuditEstimator = new AuditEstimator();
  #drift: DriftKind | null = null;

  constructor(options: AuditOptions) {
    const { share = AUDIT_SHARE, emphasis = 0, seed } = options;
    this.#sampler = new AuditSampler({ share, emphasis, seed });
    this.#thin = mulberry32(seed ^ THINNING_STREAM);
    this.#tests = testsOf(options);
    this.#budget = options.budget;
    this.#watches = this.#makeWatches();
  }

  /**
   * Draws a frame answered early; every such frame is to be shown.
   *
   * @param uncertainty how doubtful its answer is; see `AuditSampler.draw`
   * @returns the probability with which it is to be audited, or 0 where it is not
   */
  draw(uncertainty?: number): number {
    this.#estimator.early();
    for (const watch of this.#watches) watch.early();
    return this.#sampler.draw(uncertainty);
  }

  /** A frame that the reference model answered itself. */
  certain(present: boolean): void {
    this.#estimator.certain(present);
    for (const watch of this.#watches) watch.certain(present);
  }

  /**
   * Takes what the reference model says of a frame that was drawn.
   *
   * @returns the rate that has risen, from the frame on that shows it until `rearm` or `reset`
   */
  audited(frame: AuditedFrame): DriftKind | null {
    this.#estimator.audited(frame);
    const kind = frame.present ? "falseNegatives" : "falsePositives";
    for (const watch of this.#watches) if (watch.audited(frame)) this.#drift ??= watch.kind;
    // The tests' run lengths are those of frames drawn alike: of others, surplus ones are left out.
    const { probabilityMin } = this.#sampler;
    if (this.#thin() * frame.probability > probabilityMin) return this.#drift;
    const isWrong = frame.answered !== frame.present;
    for (const tested of [kind, "errorRate"] as const) {
      if (this.#tests[tested]?.observe(isWrong)) this.#drift ??= tested;
    }
    return this.#drift;
  }

  /** Lets the tests begin anew after a warning; the estimates go on. */
  rearm(): void {
    this.#drift = null;
    for (const test of Object.values(this.#tests)) test?.reset();
  }

  /** Begins anew with another cascade of the same promise. */
  reset(): void {
    this.#estimator = new AuditEstimator();
    this.#watches = this.#makeWatches();
    this.rearm();
  }

  /** Of the rates that no test watches. */
  #makeWatches(): BudgetWatch[] {
    const budget = this.#budget;
    if (budget === undefined) return [];
    return (["falseNegatives", "falsePositives"] as const)
      .filter((kind) => this.#tests[kind] === null)
      .map((kind) => new BudgetWatch(kind, budget[kind]));
  }

  get report(): AuditReport {
    const { falseNegatives, falsePositives, errorRate } = this.#tests;
    const tests = {
      falseNegatives: falseNegatives?.design ?? null,
      falsePositives: falsePositives?.design ?? null,
      errorRate: errorRate?.design ?? null,
    };
    return { ...this.#estimator.estimates, tests, drift: this.#drift };
  }
}

/** The tests of what can be watched: all together alarm falsely as often as is allowed. */
function testsOf(options: AuditOptions): Record<DriftKind, Cusum | null> {
  const { share = AUDIT_SHARE, emphasis = 0, fps, promise, falseAlarmsPerDay = 1 } = options;
  const framesPerDay = (1 - emphasis) * share * fps * SECONDS_PER_DAY;
  const present = promise.presentShare;
  const rest = 1 - ERROR_RATE_SHARE;
  // What a test sees of the frames, and what is left to it of the false alarms: the rarer a kind
  // is, the less of it shows among all errors, and the more its own test is needed.
  const plans: Record<DriftKind, { readonly seen: number; readonly alarms: number }> = {
    falseNegatives: { seen: present, alarms: rest * Math.max(1 - present, KIND_SHARE_MIN) },
    falsePositives: { seen: 1 - present, alarms: rest * Math.max(present, KIND_SHARE_MIN) },
    errorRate: { seen: 1, alarms: ERROR_RATE_SHARE },
  };
  const isWatched = (kind: DriftKind): boolean => promise[kind] <= BASELINE_MAX;
  const kinds = Object.keys(plans) as DriftKind[];
  const allAlarms = kinds.filter(isWatched).reduce((sum, kind) => sum + plans[kind].alarms, 0);
  const test = (kind: DriftKind): Cusum | null => {
    if (!isWatched(kind)) return null;
    const { seen, alarms } = plans[kind];
    const alarmsPerDay = (falseAlarmsPerDay * alarms) / allAlarms;
    return new Cusum(knownDesign(promise[kind], Math.max(1, (framesPerDay * seen) / alarmsPerDay)));
  };
  return {
    falseNegatives: test("falseNegatives"),
    falsePositives: test("falsePositives"),
    errorRate: test("errorRate"),
  };
}

/** Tests designed so far: a design takes tens of ms, and the cameras of a run share theirs. */
const designs = new Map<string, CusumDesign>();
const DESIGNS_MAX = 64;

function knownDesign(baseline: number, falseAlarmEvery: number): CusumDesign {
  const key = `${baseline} ${falseAlarmEvery}`;
  const known = designs.get(key);
  if (known !== undefined) return known;
  const design = designCusum({ baseline, factor: FACTOR, falseAlarmEvery });
  if (designs.size === DESIGNS_MAX) designs.clear();
  designs.set(key, design);
  return design;
}
