import type { SourceModel } from "../../src/schedule/modelled-source.ts";
import type { SimulationEvent } from "../../src/schedule/simulator.ts";

const ROUNDING = 1e-6;

/** One frame by start-time fair queueing, and half a one for the spread of those that begin. */
const BOUND_FRAMES = 1.5;

/**
 * Holds a simulation that serves one frame after the other to the bound of start-time fair queueing
 * (Goyal, Vin and Cheng, 1996, theorem 1): over any time in which two sources of one priority have
 * frames waiting, what they are served, divided by their weights, differs by no more than so many
 * frames of each. And no source is served while one of a higher priority has a frame waiting.
 */
export class FairnessWatcher {
  readonly faults: string[] = [];
  readonly #weights: readonly number[];
  readonly #priorities: readonly number[];
  readonly #waiting: Set<number>[];
  /** Frames served, divided by the weight. */
  readonly #served: number[];
  /** Least and greatest lead of one source over another since both have frames waiting. */
  readonly #leads = new Map<string, [least: number, greatest: number]>();

  constructor(sources: readonly SourceModel[]) {
    this.#weights = sources.map(({ weight = 1 }) => weight);
    this.#priorities = sources.map(({ priority = 0 }) => priority);
    this.#waiting = sources.map(() => new Set());
    this.#served = sources.map(() => 0);
  }

  readonly observe = ({ kind, source, frame, timeMs }: SimulationEvent): void => {
    const waiting = this.#waiting[source];
    if (kind === "entered") waiting?.add(frame);
    else if (kind === "gave-way" || kind === "given-up") waiting?.delete(frame);
    else if (kind === "began" && waiting?.has(frame) === true) this.#serve(source, frame, timeMs);
    if (waiting?.size === 0) this.#forget(source);
  };

  #serve(source: number, frame: number, timeMs: number): void {
    const at = `at ${timeMs} frame ${source}/${frame}`;
    this.#compare(source, at);
    this.#served[source] = (this.#served[source] as number) + 1 / (this.#weights[source] as number);
    this.#compare(source, at);
    this.#waiting[source]?.delete(frame);
  }

  #compare(source: number, at: string): void {
    for (const [other, waiting] of this.#waiting.entries()) {
      if (other === source || waiting.size === 0) continue;
      const rank = (this.#priorities[other] as number) - (this.#priorities[source] as number);
      if (rank > 0) this.faults.push(`${at} is served before source ${other} of higher priority`);
      if (rank !== 0) continue;
      const [first, second] = source < other ? [source, other] : [other, source];
      const lead = (this.#served[first] as number) - (this.#served[second] as number);
      const [least, greatest] = this.#leads.get(`${first} ${second}`) ?? [lead, lead];
      const range: [number, number] = [Math.min(least, lead), Math.max(greatest, lead)];
      this.#leads.set(`${first} ${second}`, range);
      const [weight, otherWeight] = [this.#weights[first], this.#weights[second]] as number[];
      const bound = BOUND_FRAMES / (weight as number) + BOUND_FRAMES / (otherWeight as number);
      if (range[1] - range[0] > bound + ROUNDING) {
        this.faults.push(
          `${at}: leads of ${first} over ${second} range from ${range.join(" to ")}`,
        );
      }
    }
  }

  #forget(source: number): void {
    for (const pair of this.#leads.keys()) {
      if (pair.split(" ").map(Number).includes(source)) this.#leads.delete(pair);
    }
  }
}
