import { clopperPearson } from "./bounds.ts";

/** A frame answered early that the reference model looked at afterwards. */
export interface AuditedFrame {
  /** What the cascade said. */
  readonly answered: boolean;
  /** What the reference model says. */
  readonly present: boolean;
  /** Probability with which it was drawn, above 0. */
  readonly probability: number;
}

/** An error rate as the audits so far tell it, with its two-sided 95 % interval. */
export interface RateEstimate {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
  /** Audited frames that count: truly present ones, or truly absent ones. */
  readonly audited: number;
  /** Wrong ones among them. */
  readonly errors: number;
}

/** Rates over all frames, those included that the reference model answered itself. */
export interface AuditEstimates {
  readonly audited: number;
  readonly falseNegatives: RateEstimate;
  readonly falsePositives: RateEstimate;
  /** Of all frames, wrong ones of both kinds. */
  readonly errorRate: RateEstimate;
}

/**
 * Running estimates of the error rates from audited frames. Frames that were drawn and that nobody
 * had time for are taken to be like those that were audited.
 */
export class AuditEstimator {
  readonly #present: WeightedRate = new WeightedRate();
  readonly #absent: WeightedRate = new WeightedRate();
  readonly #all: WeightedRate = new WeightedRate();
  #early = 0;

  /** A frame answered early, drawn or not. HOT. */
  early(): void {
    this.#early += 1;
  }

  /** A frame that the reference model answered itself, or that has the answer of one: right. */
  certain(present: boolean): void {
    (present ? this.#present : this.#absent).certain += 1;
    this.#all.certain += 1;
  }

  audited({ answered, present, probability }: AuditedFrame): void {
    for (const rate of [present ? this.#present : this.#absent, this.#all]) {
      rate.add(answered !== present, 1 / probability);
    }
  }

  get estimates(): AuditEstimates {
    const [present, absent, all] = [this.#present, this.#absent, this.#all];
    // So many frames each unit of weight stands for: 1 where every frame drawn was audited, about.
    const scale = this.#early / all.weight;
    const falseNegatives = present.estimate(scale);
    const falsePositives = absent.estimate(scale);
    const errorRate = all.estimate(scale);
    return { audited: errorRate.audited, falseNegatives, falsePositives, errorRate };
  }
}

/** Share of wrong frames in a population of which some were drawn, and others are known right. */
class WeightedRate {
  certain = 0;
  weight = 0;
  #audited = 0;
  #errors = 0;
  #weightSquares = 0;
  #wrongWeight = 0;
  #wrongSquares = 0;

  add(isWrong: boolean, weight: number): void {
    this.#audited += 1;
    this.weight += weight;
    this.#weightSquares += weight ** 2;
    if (!isWrong) return;
    this.#errors += 1;
    this.#wrongWeight += weight;
    this.#wrongSquares += weight ** 2;
  }

  /**
   * Hájek's ratio of weighted sums. The interval is Clopper and Pearson's on the effective sample
   * size: Kish's of the weights, or what the linearised variance says where that is less. It is of
   * the frames answered early, and shrinks by their share.
   *
   * @param scale frames answered early for each unit of weight
   */
  estimate(scale: number): RateEstimate {
    const { weight } = this;
    const counts = { audited: this.#audited, errors: this.#errors };
    if (this.#audited === 0) return { rate: 0, low: 0, high: 1, ...counts };
    const rate = this.#wrongWeight / weight;
    const kish = weight ** 2 / this.#weightSquares;
    const squares =
      (1 - rate) ** 2 * this.#wrongSquares + rate ** 2 * (this.#weightSquares - this.#wrongSquares);
    const linearised = squares > 0 ? (rate * (1 - rate) * weight ** 2) / squares : kish;
    const effective = Math.max(1, Math.min(kish, linearised));
    const { low, high } = clopperPearson(Math.min(1, rate) * effective, effective);
    const early = (scale * weight) / (scale * weight + this.certain);
    return { rate: early * rate, low: early * low, high: early * high, ...counts };
  }
}
