import type { CascadeCosts } from "./types.ts";

/** How many frames of a cascade come how far. */
export interface LevelShares {
  readonly tSkip: number;
  /** Whether there is a difference detector. */
  readonly hasDifference: boolean;
  /** Thumbnail and specialized network, ms a frame; null where there is none. */
  readonly networkMs: number | null;
  /** Share of all frames that come to the network, or without one to the reference model. */
  readonly fired: number;
  /** Share of all frames that the reference model answers. */
  readonly inferred: number;
}

/** Where a cascade's time goes. */
export type Bottleneck =
  /** Decoding and the early levels, one after the other in the source's worker. */
  | "source"
  /** The reference model's devices. */
  | "devices"
  /** The way to them. */
  | "transfer"
  /** The cores that all of these share. */
  | "processor";

/** Expected cost of a frame. */
export interface CascadeCost {
  /** Everything one after the other, ms a frame: NoScope's E[cost]. */
  readonly sumMs: number;
  /** The busiest resource, ms a frame: levels that overlap are as fast as that. */
  readonly bottleneckMs: number;
  readonly bottleneck: Bottleneck;
  /** 1000 / bottleneckMs. */
  readonly fps: number;
}

/**
 * Expected cost of a frame (Kang et al., "NoScope", VLDB 2017, §6.2), both summed up as there and
 * as levels cost that work at the same time: then the busiest resource decides, and where cores are
 * fewer than what wants to run, all of it together.
 */
export function cascadeCost(costs: CascadeCosts, shares: LevelShares): CascadeCost {
  const { tSkip, hasDifference, networkMs, fired, inferred } = shares;
  const looked = 1 / tSkip;
  const lookMs = costs.decodeMs + (hasDifference ? costs.differenceMs : 0);
  const sourceMs = looked * lookMs + (1 - looked) * costs.skippedMs + fired * (networkMs ?? 0);
  const inOrder: readonly (readonly [Bottleneck, number])[] = [
    ["source", sourceMs],
    ["devices", (inferred * costs.referenceMs) / costs.devices],
    ["transfer", inferred * costs.transferMs],
    ["processor", (sourceMs + inferred * costs.referenceCoreMs) / costs.cores],
  ];
  const [bottleneck, bottleneckMs] = inOrder.reduce((busiest, one) =>
    one[1] > busiest[1] ? one : busiest,
  );
  return {
    sumMs: sourceMs + inferred * (costs.referenceMs + costs.transferMs),
    bottleneckMs,
    bottleneck,
    fps: 1000 / bottleneckMs,
  };
}

/** Order by cost: the bottleneck first, the sum among equals. Below 0 where `a` is cheaper. */
export function compareCosts(a: CascadeCost, b: CascadeCost): number {
  return a.bottleneckMs - b.bottleneckMs || a.sumMs - b.sumMs;
}

/** The reference model alone: every frame is decoded and answered by it. */
export function referenceCost(costs: CascadeCosts): CascadeCost {
  const all = { tSkip: 1, hasDifference: false, networkMs: null, fired: 1, inferred: 1 };
  return cascadeCost(costs, all);
}
