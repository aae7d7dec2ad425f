import { cpus } from "node:os";
import manifest from "../../package.json" with { type: "json" };
import type { ErrorBound } from "../cascade/bounds.ts";
import { referenceCost } from "../cascade/cost-model.ts";
import type {
  Cascade,
  CascadeProvenance,
  CascadeValidation,
  ErrorRate,
  FrameSpan,
  LevelFactor,
} from "../cascade/file/cascade.ts";
import type { TunedCascade } from "../cascade/ladder.ts";
import { drawFront } from "../cascade/pareto.ts";
import type { Span, Spans } from "../cascade/spans.ts";
import type { CascadeCosts, CascadeLevels, ErrorBudget, Question } from "../cascade/types.ts";
import type { Candidate } from "./candidates.ts";
import type { Choice, Factor } from "./choice.ts";
import { type CostsOfCandidates, searchCosts } from "./costs.ts";
import type { Footage } from "./footage.ts";
import { packObservations } from "./observations.ts";

/** Everything a trained cascade is put together from. */
export interface CascadeParts {
  readonly choice: Choice;
  /** What the levels reach alone and together. */
  readonly factors: readonly Factor[];
  /** Networks that were tried, in the order of their costs. */
  readonly networks: readonly Candidate[];
  readonly measured: CostsOfCandidates;
  readonly footage: Footage;
  readonly spans: Spans;
  readonly reference: Cascade["reference"];
  readonly question: Question;
  readonly budget: ErrorBudget;
  /** File that the labels came from; undefined where the reference model gave them. */
  readonly labels?: string | undefined;
  readonly seed: number;
}

/** The cascade that was chosen, as its file keeps it. */
export function assembleCascade(parts: CascadeParts): Cascade {
  const { choice, networks, measured, question, budget, footage } = parts;
  const { chosen } = choice.optimized;
  const index = networks.findIndex(({ name }) => name === chosen.tuning.point.network?.name);
  const network = networks[index] ?? null;
  const costs = searchCosts(measured.costs);
  return {
    question,
    levels: levelsOf(choice, network),
    networkManifest: network?.manifest ?? null,
    camera: { width: footage.geometry.width, height: footage.geometry.height },
    reference: parts.reference,
    budgets: { maxFn: budget.falseNegatives, maxFp: budget.falsePositives },
    costs: { ...measured.costs, network: measured.networks[index] ?? NOTHING },
    validation: validationOf(chosen, costs),
    factors: factorsOf(parts.factors),
    provenance: provenanceOf(parts, network),
    observations: packObservations(onlyNetwork(choice.observations, network?.name ?? null)),
    front: frontOf(choice, costs, question),
  };
}

const NOTHING = { mean: 0, low: 0, high: 0 };

function provenanceOf(
  { footage, spans, labels, seed }: CascadeParts,
  network: Candidate | null,
): CascadeProvenance {
  const { name, fingerprint, frames, fps } = footage;
  return {
    trainedAt: new Date().toISOString(),
    aip: manifest.version,
    machine: {
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
    },
    footage: { name, fingerprint: fingerprint.id, frames, fps },
    spans: spansOf(spans),
    labels: labels ?? "reference model",
    architecture: network?.name ?? null,
    seed,
  };
}

/** The file keeps the scores of its own network alone. */
function onlyNetwork(
  observations: Choice["observations"],
  name: string | null,
): Choice["observations"] {
  const kept = observations.networks.flatMap((known, index) => (known === name ? [index] : []));
  const only = (span: Choice["observations"]["tuning"]) => ({
    ...span,
    scores: kept.map((index) => span.scores[index] as Float32Array),
  });
  return {
    ...observations,
    networks: kept.map((index) => observations.networks[index] as string),
    tuning: only(observations.tuning),
    heldOut: only(observations.heldOut),
  };
}

/** The levels of a chosen cascade. @param network its model and side, null without one */
export function levelsOf(
  { observations, optimized }: Choice,
  network: { readonly model: Uint8Array; readonly side: number } | null,
): CascadeLevels {
  const { tSkip, tDiff, cLow, cHigh, network: chosen } = optimized.chosen.tuning.point;
  return {
    tSkip,
    difference: tDiff === null ? null : { ...observations.kind, tDiff },
    network: chosen === null || network === null ? null : { ...network, cLow, cHigh },
  };
}

/** What the held-out footage said of it. */
export function validationOf(chosen: TunedCascade, costs: CascadeCosts): CascadeValidation {
  const { frames, levels, falseNegatives, falsePositives, early, windowed, cost } = chosen.heldOut;
  return {
    frames,
    falseNegatives: rateOf(falseNegatives),
    falsePositives: rateOf(falsePositives),
    early,
    windowAccuracy: windowed.windows === 0 ? null : windowed.accuracy,
    answers: levels,
    cascadeFps: cost.fps,
    referenceFps: referenceCost(costs).fps,
  };
}

/** The factor analysis as files keep it: rows that came to the same cascade name the first of them. */
export function factorsOf(factors: readonly Factor[]): LevelFactor[] {
  const points = factors.map(({ tuned }) => JSON.stringify(tuned.heldOut.point));
  return factors.map(({ name, tuned: { heldOut, holds } }, index) => {
    const { cost, levels, frames } = heldOut;
    const inferred = levels.inferred / Math.max(1, frames);
    const first = points.indexOf(points[index] as string);
    const same = first < index ? factors[first]?.name : undefined;
    return { levels: name, fps: cost.fps, inferred, holds, ...(same !== undefined && { same }) };
  });
}

/** Which frames served what. */
export function spansOf({
  training,
  validation,
  tuning,
  heldOut,
}: Spans): CascadeProvenance["spans"] {
  const span = ({ from, to }: Span): FrameSpan => ({ start: from, end: to });
  return {
    training: span(training),
    validation: span(validation),
    tuning: span(tuning),
    heldOut: span(heldOut),
  };
}

/** The front as SVG, with the chosen point. */
export function frontOf(
  { optimized }: Choice,
  costs: CascadeCosts,
  question: Cascade["question"],
): string {
  return drawFront({
    title: `cascades for ${question.classes.join(", ")}`,
    front: optimized.front,
    chosen: optimized.chosen,
    referenceFps: referenceCost(costs).fps,
  });
}

function rateOf({ errors, trials, upper, effectiveTrials, runs }: ErrorBound): ErrorRate {
  const effective = Math.round(effectiveTrials);
  return { count: errors, of: trials, bound: Math.min(1, upper), effective, runs };
}
