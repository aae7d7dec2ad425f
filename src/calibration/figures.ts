import type {
  Candidate,
  InstanceFigures,
  ServiceFigures,
  StageFigures,
} from "../schedule/calibration.ts";
import { confidenceInterval, withoutRoundEffects } from "../schedule/confidence.ts";
import { type Combination, formatCombination } from "./combination.ts";
import type { Measured } from "./rig.ts";

/** One instance in one trial, as far as figures are made from it. */
export type InstanceTrial = Pick<Measured, "trial" | "fps"> & {
  readonly station: {
    readonly instance: { readonly kind: string };
    readonly memoryMb: number;
    readonly batchCost: number;
  };
};

/** All trials of one combination. */
export class CombinationTrials {
  readonly combination: Combination;
  /** By the number of the round; empty where it sat out. */
  readonly #rounds: (readonly InstanceTrial[])[] = [];

  constructor(combination: Combination) {
    this.combination = combination;
  }

  add(round: number, trials: readonly InstanceTrial[]): void {
    this.#rounds[round] = trials;
  }

  get trials(): readonly (readonly InstanceTrial[])[] {
    return this.#rounds.filter((trials) => trials !== undefined);
  }

  /** One value a round; undefined where it sat out. */
  series(value: (trials: readonly InstanceTrial[]) => number): (number | undefined)[] {
    return Array.from(this.#rounds, (trials) => (trials === undefined ? undefined : value(trials)));
  }
}

/** What was measured, with what all combinations of a round had in common taken out. */
export function candidatesOf(
  all: readonly CombinationTrials[],
  decoding: boolean,
): readonly Candidate[] {
  const fps = withoutRoundEffects(all.map((one) => one.series(fpsOf)));
  const latency = withoutRoundEffects(
    all.map((one) => one.series((trials) => latencyOf(one, trials))),
  );
  return all.map((one, index): Candidate => {
    const instances = instancesOf(one);
    return {
      devices: formatCombination(one.combination),
      decoding,
      instances,
      throughput_fps: confidenceInterval(fps[index] as readonly number[]),
      failed_share: failedShareOf(one.trials.flat()),
      latency_ms: {
        ...frameFigures(one, one.trials),
        interval: confidenceInterval(latency[index] as readonly number[]),
      },
      memory_mb: instances.reduce((sum, instance) => sum + instance.memory_mb, 0),
    };
  });
}

function fpsOf(trials: readonly InstanceTrial[]): number {
  return trials.reduce((sum, { fps }) => sum + fps, 0);
}

function failedShareOf(trials: readonly InstanceTrial[]): number {
  const frames = trials.reduce((sum, { trial }) => sum + trial.frames, 0);
  return trials.reduce((sum, { trial }) => sum + trial.failures, 0) / Math.max(1, frames);
}

/** Median time of a frame, over all frames of all instances: a busy machine moves the mean more. */
function latencyOf(of: CombinationTrials, trials: readonly InstanceTrial[]): number {
  return frameFigures(of, [trials]).p50;
}

/** Times of all frames: each waits for the whole of its call. */
function frameFigures(
  { combination }: CombinationTrials,
  rounds: readonly (readonly InstanceTrial[])[],
): ServiceFigures {
  const batches = batchesOf(combination);
  const isUneven = batches.some((batch) => batch !== batches[0]);
  const samples = rounds.flatMap((trials) =>
    trials.flatMap(({ trial }, index) =>
      // Where all calls have as many frames, each call may stand for one.
      Array<Float64Array>(isUneven ? (batches[index] as number) : 1).fill(trial.callMs),
    ),
  );
  return serviceFigures(samples);
}

function instancesOf(trials: CombinationTrials): readonly InstanceFigures[] {
  const countByKind = new Map<string, number>();
  return batchesOf(trials.combination).map((batch, index): InstanceFigures => {
    const own = trials.trials.flatMap((round) => round[index] ?? []);
    const [first] = own;
    const kind = first?.station.instance.kind ?? "";
    const ordinal = countByKind.get(kind) ?? 0;
    countByKind.set(kind, ordinal + 1);
    return {
      // Numbered as a run of these devices numbers them.
      id: `${kind}-${ordinal}`,
      kind,
      batch,
      batch_cost: first?.station.batchCost ?? 1,
      service_ms: serviceFigures(own.map(({ trial }) => trial.callMs)),
      stages_ms: meanStages(own),
      throughput_fps: own.reduce((sum, { fps }) => sum + fps, 0) / own.length,
      memory_mb: first?.station.memoryMb ?? 0,
    };
  });
}

/** Batch size of each instance. */
function batchesOf(combination: Combination): readonly number[] {
  return combination.flatMap(({ variant, replicas }) => Array(replicas).fill(variant.batch));
}

function meanStages(trials: readonly InstanceTrial[]): StageFigures {
  const frames = trials.reduce((sum, { trial }) => sum + trial.frames, 0);
  const mean = (stage: keyof StageFigures): number =>
    trials.reduce((sum, { trial }) => sum + trial.stages[stage] * trial.frames, 0) / frames;
  return {
    preprocess: mean("preprocess"),
    inference: mean("inference"),
    postprocess: mean("postprocess"),
  };
}

/** Mean, spread and percentiles (nearest rank) of times in ms. */
export function serviceFigures(lists: readonly Float64Array[]): ServiceFigures {
  const count = lists.reduce((sum, list) => sum + list.length, 0);
  const all = new Float64Array(count);
  let offset = 0;
  for (const list of lists) {
    all.set(list, offset);
    offset += list.length;
  }
  all.sort();
  const mean = all.reduce((sum, value) => sum + value, 0) / count;
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const rank = (percent: number): number =>
    all[Math.max(0, Math.ceil((percent / 100) * count) - 1)] ?? Number.NaN;
  return {
    mean,
    cv: count > 1 && mean > 0 ? Math.sqrt(variance) / mean : 0,
    p50: rank(50),
    p95: rank(95),
    p99: rank(99),
  };
}
