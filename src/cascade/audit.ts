import { mulberry32 } from "../random.ts";
import { type AuditEstimates, AuditEstimator, type AuditedFrame } from "./audit-estimate.ts";
import { AuditSampler } from "./audit-sample.ts";
import { Cusum, type CusumDesign, designCusum } from "./cusum.ts";

/** Default share of the frames answered early that is audited. */
export const AUDIT_SHARE = 0.005;
/** A rise of a rate beyond what was promised that is noticed soonest. */
const FACTOR = 5;
const SECONDS_PER_DAY = 86_400;
/** Keeps the stream that thins audits apart from the one that draws them. */
const THINNING_STREAM = 0x2545f491;
/** Of frames that are wrong this often already, nothing can be said by their being wrong. */
const BASELINE_MAX = 0.3;

/** Which rate has risen. */
export type DriftKind = "falseNegatives" | "falsePositives";

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
  /**
   * Error rates promised among frames answered early, as bounds: `auditBaseline` has them. A rise
   * beyond them is drift.
   */
  readonly baseline: Readonly<Record<DriftKind, number>>;
  /** Expected share of the frames that show the object, 0–1. */
  readonly presentShare: number;
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
 * model as well. Running estimates of both error rates, and a CUSUM test of each.
 *
 * @example
 * ```ts
 * const audit = new Audit({ seed: 1, fps: 15, baseline, presentShare: 0.02 });
 * const probability = audit.draw(scoreUncertainty(score, cLow, cHigh));
 * if (probability > 0) drift = audit.audited({ answered, present: ask(frame), probability });
 * ```
 */
export class Audit {
  readonly #sampler: AuditSampler;
  readonly #thin: () => number;
  readonly #tests: Readonly<Record<DriftKind, Cusum | null>>;
  #estimator: AuditEstimator = new AuditEstimator();
  #drift: DriftKind | null = null;

  constructor(options: AuditOptions) {
    const { share = AUDIT_SHARE, emphasis = 0, seed } = options;
    this.#sampler = new AuditSampler({ share, emphasis, seed });
    this.#thin = mulberry32(seed ^ THINNING_STREAM);
    this.#tests = {
      falseNegatives: testOf(options, "falseNegatives"),
      falsePositives: testOf(options, "falsePositives"),
    };
  }

  /**
   * Draws a frame answered early; every such frame is to be shown.
   *
   * @param uncertainty how doubtful its answer is; see `AuditSampler.draw`
   * @returns the probability with which it is to be audited, or 0 where it is not
   */
  draw(uncertainty?: number): number {
    this.#estimator.early();
    return this.#sampler.draw(uncertainty);
  }

  /** A frame that the reference model answered itself. */
  certain(present: boolean): void {
    this.#estimator.certain(present);
  }

  /**
   * Takes what the reference model says of a frame that was drawn.
   *
   * @returns the rate that has risen, from the frame on that shows it until `rearm` or `reset`
   */
  audited(frame: AuditedFrame): DriftKind | null {
    this.#estimator.audited(frame);
    // The tests' run lengths are those of frames drawn alike: of others, surplus ones are left out.
    const { probabilityMin } = this.#sampler;
    if (this.#thin() * frame.probability > probabilityMin) return this.#drift;
    const kind: DriftKind = frame.present ? "falseNegatives" : "falsePositives";
    const alarmed = this.#tests[kind]?.observe(frame.answered !== frame.present) ?? false;
    if (alarmed) this.#drift ??= kind;
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
    this.rearm();
  }

  get report(): AuditReport {
    const tests = {
      falseNegatives: this.#tests.falseNegatives?.design ?? null,
      falsePositives: this.#tests.falsePositives?.design ?? null,
    };
    return { ...this.#estimator.estimates, tests, drift: this.#drift };
  }
}

/** All tests together alarm falsely as often as is allowed: where there are two, each half as often. */
function testOf(options: AuditOptions, kind: DriftKind): Cusum | null {
  const { share = AUDIT_SHARE, emphasis = 0, fps, baseline, presentShare } = options;
  const { falseAlarmsPerDay = 1 } = options;
  const rate = baseline[kind];
  if (rate > BASELINE_MAX) return null;
  const tests = Object.values(baseline).filter((each) => each <= BASELINE_MAX).length;
  const shareOfKind = kind === "falseNegatives" ? presentShare : 1 - presentShare;
  const perDay = (1 - emphasis) * share * fps * SECONDS_PER_DAY * shareOfKind;
  const falseAlarmEvery = Math.max(1, (tests * perDay) / falseAlarmsPerDay);
  return new Cusum(knownDesign(rate, falseAlarmEvery));
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
