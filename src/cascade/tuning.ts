import {
  type Caution,
  type CheapestPoint,
  type Footage,
  PreparedSearch,
  type SearchSpace,
} from "./search-space.ts";
import type { ErrorBudget } from "./types.ts";
import type { WindowOptions } from "./windows.ts";

/** Both kinds of error. */
export const KINDS = ["falseNegatives", "falsePositives"] as const;
export type ErrorKind = (typeof KINDS)[number];

/** How many errors of one kind thresholds may make on the tuning span. */
interface Strictness {
  /** Share of the frames. */
  readonly rate: number;
  /** Scales of the scores' tail that thresholds keep away from it; above 0 only where the rate is 0. */
  readonly caution: number;
}

/** The strictest thresholds leave e⁻⁴ of the tail beyond them. */
const CAUTION_MAX = 4;
const CAUTION_STEP = 0.5;
const RATE_MIN = 0.0005;
const RATE_MAX = 0.5;
const RATE_FACTOR = 1.2;

/**
 * From the strictest on. At first nothing may be wrong, and thresholds come nearer to the scores that
 * they would get wrong: of n frames none says that fewer than one in n of others will be worse, the way
 * scores thin out does. Then more and more may be wrong.
 */
const LEVELS: readonly Strictness[] = [...strictnessLevels()];

function* strictnessLevels(): Generator<Strictness> {
  for (let caution = CAUTION_MAX; caution >= 0; caution -= CAUTION_STEP) yield { rate: 0, caution };
  for (let rate = RATE_MIN; rate <= RATE_MAX; rate *= RATE_FACTOR) yield { rate, caution: 0 };
}

/** The laxest level. */
export const LEVEL_MAX: number = LEVELS.length - 1;

/** A level for each kind of error, from 0 to `LEVEL_MAX`: the higher, the more it may err. */
export type Levels = Readonly<Record<ErrorKind, number>>;

export interface OptimizeOptions {
  /** Footage on which thresholds are chosen. */
  readonly tuning: Footage;
  /** Later footage, which confirms steps of the climb or does not: the bounds come from it. */
  readonly heldOut: Footage;
  readonly space: SearchSpace;
  readonly budget: ErrorBudget;
  readonly windows: WindowOptions;
  /** Of the bounds. Default 0.95. */
  readonly confidence?: number;
}

/** The cheapest points of the tuning span, by levels. */
export class Tuning {
  readonly #search: PreparedSearch;
  /** Frames that each kind of error can happen to. */
  readonly #trials: Readonly<Record<ErrorKind, number>>;
  readonly #known = new Map<string, CheapestPoint | null>();

  constructor({ tuning, space }: Pick<OptimizeOptions, "tuning" | "space">) {
    this.#search = new PreparedSearch(tuning, space);
    const count = (value: number): number =>
      tuning.truth.reduce((sum, is) => sum + Number(is === value), 0);
    this.#trials = { falseNegatives: count(1), falsePositives: count(0) };
  }

  /** @returns null where nothing in the space errs so little */
  at(levels: Levels): CheapestPoint | null {
    const of = (kind: ErrorKind): Strictness => LEVELS[levels[kind]] as Strictness;
    const [fewer, more] = [of("falseNegatives"), of("falsePositives")];
    return this.within(
      { falseNegatives: fewer.rate, falsePositives: more.rate },
      { falseNegatives: fewer.caution, falsePositives: more.caution },
    );
  }

  /** The cheapest point whose rates of errors are within these. */
  within({ falseNegatives, falsePositives }: ErrorBudget, caution?: Caution): CheapestPoint | null {
    const { falseNegatives: present, falsePositives: absent } = this.#trials;
    const counts = {
      falseNegatives: Math.floor(falseNegatives * present),
      falsePositives: Math.floor(falsePositives * absent),
    };
    // Where there are few frames of a kind, many rates are the same count.
    const key = JSON.stringify([counts, caution]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const cheapest = this.#search.cheapest(counts, caution);
    this.#known.set(key, cheapest);
    return cheapest;
  }
}
