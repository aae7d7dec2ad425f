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
 * Draws frames/s against the bound of the error rates, as seen on held-out footage.
 *
 * @returns an SVG document, the same for the same cascades
 */
export function drawFront({ title, front, chosen, referenceFps }: FrontDrawing): string {
  const pointOf = ({ heldOut }: TunedCascade): FrontPoint => frontPoint(heldOut);
  const best = paretoFront([...front, chosen].map(pointOf));
  // A tenth more, so that no point lies on the edge.
  const errorMax = 1.1 * Math.max(0.02, ...best.map(({ error }) => error), pointOf(chosen).error);
  const at = ({ error, fps }: FrontPoint): Point => ({ x: 100 * error, y: fps });
  const series: Series[] = [
    { name: "chosen", points: [at(pointOf(chosen))] },
    { name: "best for their bound", points: best.map(at) },
    {
      name: "reference alone",
      look: "reference",
      points: [0, errorMax].map((error) => at({ error, fps: referenceFps })),
    },
  ];
  return drawFigure({
    title,
    x: { title: "upper 95 % bound of the larger error rate, %", domain: [0, 100 * errorMax] },
    panels: [{ title: "frames/s", series }],
  });
}
