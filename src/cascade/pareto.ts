import { drawFigure, type Point, type Series } from "../plot/figure.ts";
import type { Evaluation } from "./evaluation.ts";
import type { TunedCascade } from "./ladder.ts";

/** A cascade as a point of the front. */
export interface FrontPoint {
  /** Larger of both upper bounds, 0–1. */
  readonly error: number;
  readonly fps: number;
}

/** Larger of both bounds, and frames a second. */
export function frontPoint({ falseNegatives, falsePositives, cost }: Evaluation): FrontPoint {
  return { error: Math.max(falseNegatives.upper, falsePositives.upper), fps: cost.fps };
}

/** Those that no other beats in both, from the most careful to the fastest. */
export function paretoFront<T extends FrontPoint>(points: readonly T[]): T[] {
  const sorted = points.toSorted((a, b) => a.error - b.error || b.fps - a.fps);
  let fastest = Number.NEGATIVE_INFINITY;
  return sorted.filter(({ fps }) => {
    if (fps <= fastest) return false;
    fastest = fps;
    return true;
  });
}

export interface FrontDrawing {
  readonly title: string;
  readonly front: readonly TunedCascade[];
  readonly chosen: TunedCascade;
  /** Frames/s of the reference model alone. */
  readonly referenceFps: number;
}

/**
 * Draws frames/s against the bound of the error rates, as seen on held-out footage: between two
 * cascades there is none, so whoever allows less than the next one gets the one before. Below it
 * stands which level answers how many frames of the chosen one.
 *
 * @returns an SVG document, the same for the same cascades
 */
export function drawFront({ title, front, chosen, referenceFps }: FrontDrawing): string {
  const pointOf = ({ heldOut }: TunedCascade): FrontPoint => frontPoint(heldOut);
  const best = paretoFront([...front, chosen].map(pointOf));
  const budgets = budgetsOf(chosen);
  const errors = [...best, pointOf(chosen)].map(({ error }) => error);
  // A tenth more, so that no point lies on the edge.
  const errorMax = 1.1 * Math.max(0.02, ...errors, ...budgets.map(({ rate }) => rate));
  const at = ({ error, fps }: FrontPoint): Point => ({ x: 100 * error, y: fps });
  // References leave the panel, and are cut off at it.
  const above = 10 * Math.max(referenceFps, ...[...best, pointOf(chosen)].map(({ fps }) => fps));
  const series: Series[] = [
    { name: "chosen", look: "points", points: [at(pointOf(chosen))] },
    { name: "best for their bound", look: "steps", points: best.map(at) },
    ...budgets.map(
      ({ name, rate }): Series => ({
        ...{ name, look: "reference" },
        points: [0, above].map((fps) => at({ error: rate, fps })),
      }),
    ),
    {
      name: "reference alone",
      look: "reference",
      points: [0, errorMax].map((error) => at({ error, fps: referenceFps })),
    },
  ];
  const { levels, frames } = chosen.heldOut;
  return drawFigure({
    title,
    x: { title: "upper 95 % bound of the larger error rate, %", domain: [0, 100 * errorMax] },
    panels: [{ title: "frames/s", series }],
    shares: {
      title: "answers of the chosen one, held-out frames",
      parts: (["reused", "specialized", "inferred"] as const).map((name) => ({
        name,
        share: levels[name] / Math.max(1, frames),
      })),
    },
  });
}

/** What the chosen one was allowed: one line where both rates are. */
function budgetsOf({ budget: { falseNegatives, falsePositives } }: TunedCascade) {
  if (falseNegatives === falsePositives) return [{ name: "budget", rate: falseNegatives }];
  return [
    { name: "budget, false negatives", rate: falseNegatives },
    { name: "budget, false positives", rate: falsePositives },
  ];
}
