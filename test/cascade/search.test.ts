import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { cascadeCost, compareCosts } from "../../src/cascade/cost-model.ts";
import { countErrors, replayAnswers, replayGate } from "../../src/cascade/replay.ts";
import { logit } from "../../src/cascade/score-tail.ts";
import { orderByScore, ThresholdSearch, weighAnchors } from "../../src/cascade/search.ts";
import { type Footage, PreparedSearch, type SearchSpace } from "../../src/cascade/search-space.ts";

const COSTS = {
  decodeMs: 2,
  skippedMs: 1,
  differenceMs: 0.5,
  referenceMs: 20,
  transferMs: 1,
  devices: 2,
  referenceCoreMs: 3,
  cores: 2,
};

/** Scores on a grid, so that many are equal; f32 holds them exactly. */
const GRID = 8;
const frame = fc.record({
  score: fc.integer({ min: 0, max: GRID }).map((step) => step / GRID),
  reference: fc.integer({ min: 0, max: 1 }),
  truth: fc.integer({ min: 0, max: 2 }),
  content: fc.integer({ min: 0, max: 3 }),
});
const scene = fc.record({
  frames: fc.array(frame, { minLength: 1, maxLength: 24 }),
  second: fc.array(fc.integer({ min: 0, max: GRID }), { minLength: 24, maxLength: 24 }),
  budget: fc.record({
    falseNegatives: fc.integer({ min: 0, max: 5 }),
    falsePositives: fc.integer({ min: 0, max: 5 }),
  }),
});
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

function footageOf({ frames, second }: Scene): Footage {
  const content = frames.map((one) => one.content);
  const scores = {
    first: Float32Array.from(frames, ({ score }) => score),
    second: Float32Array.from(frames, (_, index) => (second[index] as number) / GRID),
  };
  return {
    reference: Uint8Array.from(frames, ({ reference }) => reference),
    truth: Uint8Array.from(frames, ({ truth }) => truth),
    scores: (network) => scores[network as keyof typeof scores],
    anchors: (tSkip, tDiff) =>
      replayGate({
        frames: frames.length,
        tSkip,
        tDiff,
        difference: (index, anchor) =>
          Math.abs((content[index] as number) - (content[anchor] as number)),
      }),
  };
}

/** Every pair of thresholds that can make a difference: on the grid's steps and between them. */
const THRESHOLDS = Array.from({ length: 2 * GRID + 1 }, (_, step) => step / (2 * GRID));

/** The least inferred over all pairs of thresholds, each one replayed; infinite where none fits. */
function leastInferred(footage: Footage, network: string, anchors: Uint32Array, budget: Budget) {
  let least = Number.POSITIVE_INFINITY;
  for (const cLow of THRESHOLDS) {
    for (const cHigh of THRESHOLDS) {
      if (cLow > cHigh) continue;
      const { reference, truth } = footage;
      const scores = footage.scores(network);
      const { present, counts } = replayAnswers({ anchors, scores, cLow, cHigh, reference });
      if (isWithin(countErrors(present, truth), budget)) least = Math.min(least, counts.inferred);
    }
  }
  return least;
}

type Budget = Scene["budget"];

function isWithin(errors: Budget, budget: Budget): boolean {
  return (
    errors.falseNegatives <= budget.falseNegatives && errors.falsePositives <= budget.falsePositives
  );
}

describe("ThresholdSearch.within()", () => {
  test("finds what trying all thresholds finds, and its counts are those of a replay", () => {
    fc.assert(
      fc.property(scene, fc.constantFrom(1, 2, 3), (drawn, tSkip) => {
        const footage = footageOf(drawn);
        const { reference, truth } = footage;
        const scores = footage.scores("first");
        const anchors = footage.anchors(tSkip, 2);
        const weights = weighAnchors(anchors, truth, orderByScore(scores));
        const found = new ThresholdSearch({ weights, scores, reference }).within(drawn.budget);
        const least = leastInferred(footage, "first", anchors, drawn.budget);
        expect(found?.inferred ?? Number.POSITIVE_INFINITY).toBe(least);
        if (found === null) return;
        const { cLow, cHigh } = found;
        expect(cLow).toBeLessThanOrEqual(cHigh);
        const { present, counts } = replayAnswers({ anchors, scores, cLow, cHigh, reference });
        expect(counts.inferred).toBe(found.inferred);
        const { falseNegatives, falsePositives } = countErrors(present, truth);
        expect({ falseNegatives, falsePositives }).toEqual({
          falseNegatives: found.falseNegatives,
          falsePositives: found.falsePositives,
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe("ThresholdSearch.within() with margins", () => {
  const margin = fc.constantFrom(0, 0.5, 1, 2.5);
  const margins = fc.record({ falseNegatives: margin, falsePositives: margin });

  test("leaves what trying all thresholds leaves, where what is near them counts as wrong", () => {
    fc.assert(
      fc.property(scene, margins, (drawn, apart) => {
        const { truth, reference, ...footage } = footageOf(drawn);
        const scores = footage.scores("first");
        const anchors = footage.anchors(2, 2);
        const weights = weighAnchors(anchors, truth, orderByScore(scores));
        const search = new ThresholdSearch({ weights, scores, reference });
        const found = search.within(drawn.budget, apart);
        // Half-way between neighbours, where the search has its thresholds: margins begin there.
        const known = [...weights.anchors].map((anchor) => scores[anchor] as number);
        const steps = [...new Set([0, ...known, 1])].sort((a, b) => a - b);
        const middles = steps.slice(1).map((step, index) => (step + (steps[index] as number)) / 2);
        let least = Number.POSITIVE_INFINITY;
        for (const cLow of [0, ...middles]) {
          for (const cHigh of [...middles, 1]) {
            if (cLow > cHigh) continue;
            const near = nearlyWrong({ weights, scores, reference }, { cLow, cHigh }, apart);
            if (!isWithin(near.errors, drawn.budget)) continue;
            least = Math.min(least, near.inferred);
          }
        }
        expect(found?.inferred ?? Number.POSITIVE_INFINITY).toBe(least);
      }),
      { numRuns: 500 },
    );
  });

  test("a wider margin leaves more to the reference model", () => {
    // Absent scores lowest, present highest, tenths apart; nothing is wrong at 0.5.
    const scores = Float32Array.from({ length: 10 }, (_, index) => (index + 0.5) / 10);
    const truth = Uint8Array.from({ length: 10 }, (_, index) => Number(index >= 5));
    const weights = weighAnchors(Uint32Array.from(truth.keys()), truth, orderByScore(scores));
    const search = new ThresholdSearch({ weights, scores, reference: truth });
    const none = { falseNegatives: 0, falsePositives: 0 };
    const inferred = [0, 0.5, 2].map(
      (falseNegatives) => search.within(none, { falseNegatives, falsePositives: 0 })?.inferred,
    );
    // logit(0.55) = 0.2: cuts are at 0.5 (0), 0.4 (−0.41), 0.3 (−0.85), 0.2 (−1.39), 0.1 (−2.2).
    expect(inferred).toEqual([0, 1, 4]);
  });
});

/** What is wrong or nearly so at each anchor, and what is left to the reference model. */
function nearlyWrong(
  { weights, scores, reference }: ConstructorParameters<typeof ThresholdSearch>[0],
  { cLow, cHigh }: { readonly cLow: number; readonly cHigh: number },
  margins: Budget,
) {
  const errors = { falseNegatives: weights.missed, falsePositives: 0 };
  let inferred = 0;
  for (const [index, anchor] of weights.anchors.entries()) {
    const score = scores?.[anchor] as number;
    const [present, absent] = [weights.present[index] as number, weights.absent[index] as number];
    const isPresent = reference[anchor] === 1;
    const [isLow, isHigh] = [score < cLow, score > cHigh];
    if (!isLow && !isHigh) inferred += 1;
    const isNearLow =
      isLow || (anyBelow(cLow) && logit(score) < logit(cLow) + margins.falseNegatives);
    const isNearHigh =
      isHigh || (anyAbove(cHigh) && logit(score) > logit(cHigh) - margins.falsePositives);
    if (isPresent ? isNearLow : !isHigh) errors.falseNegatives += present;
    if (isPresent ? !isLow : isNearHigh) errors.falsePositives += absent;
  }
  return { errors, inferred };

  function anyBelow(limit: number): boolean {
    return weights.anchors.some((anchor) => (scores?.[anchor] as number) < limit);
  }
  function anyAbove(limit: number): boolean {
    return weights.anchors.some((anchor) => (scores?.[anchor] as number) > limit);
  }
}

describe("PreparedSearch.cheapest()", () => {
  const space: SearchSpace = {
    tSkips: [1, 2, 3],
    tDiffs: [null, 1, 2],
    networks: [null, { name: "first", networkMs: 0.4 }, { name: "second", networkMs: 1.5 }],
    costs: COSTS,
  };

  test("finds the cost that trying every combination finds, with pruning", () => {
    fc.assert(
      fc.property(scene, (drawn) => {
        const footage = footageOf(drawn);
        const costs = space.tSkips.flatMap((tSkip) =>
          space.tDiffs.flatMap((tDiff) =>
            space.networks.flatMap((network) => {
              const anchors = footage.anchors(tSkip, tDiff);
              const fired = anchors.filter((anchor, index) => anchor === index).length;
              const inferred =
                network === null
                  ? inferredAlone(footage, anchors, drawn.budget)
                  : leastInferred(footage, network.name, anchors, drawn.budget);
              if (inferred === Number.POSITIVE_INFINITY) return [];
              const shares = {
                tSkip,
                hasDifference: tDiff !== null,
                networkMs: network?.networkMs ?? null,
                fired: fired / anchors.length,
                inferred: inferred / anchors.length,
              };
              return [cascadeCost(COSTS, shares)];
            }),
          ),
        );
        const found = new PreparedSearch(footage, space).cheapest(drawn.budget);
        const cheapest = costs.toSorted(compareCosts)[0];
        expect(found?.cost).toEqual(cheapest);
      }),
      { numRuns: 150 },
    );
  });

  test("a network that costs more than it saves is left out", () => {
    const footage = footageOf({
      frames: Array.from({ length: 24 }, (_, index) => ({
        score: index % 2,
        reference: index % 2,
        truth: index % 2,
        content: index % 4,
      })),
      second: new Array<number>(24).fill(0),
      budget: { falseNegatives: 0, falsePositives: 0 },
    });
    const costs = { ...COSTS, referenceMs: 1, devices: 1, transferMs: 0, referenceCoreMs: 0 };
    const networks = [null, { name: "first", networkMs: 2 }];
    const none = { falseNegatives: 0, falsePositives: 0 };
    const dear = new PreparedSearch(footage, { ...space, networks, costs }).cheapest(none);
    expect(dear?.point.network).toBeNull();
    const worth = new PreparedSearch(footage, {
      ...space,
      networks,
      costs: { ...costs, referenceMs: 100 },
    }).cheapest(none);
    expect(worth?.point.network?.name).toBe("first");
  });
});

/** Anchors, all of which the reference model answers, where reuse alone is within the budget. */
function inferredAlone(footage: Footage, anchors: Uint32Array, budget: Budget): number {
  const { reference, truth } = footage;
  const { present, counts } = replayAnswers({
    anchors,
    scores: null,
    cLow: 0,
    cHigh: 1,
    reference,
  });
  return isWithin(countErrors(present, truth), budget) ? counts.inferred : Number.POSITIVE_INFINITY;
}

describe("cascadeCost()", () => {
  // Half the frames looked at, a fifth on to the network, a tenth to the reference.
  const shares = { tSkip: 2, hasDifference: true, networkMs: 1, fired: 0.2, inferred: 0.1 };

  test("sums up as in the paper, and finds the busiest resource", () => {
    // source ½·2.5 + ½·1 + 0.2 = 1.95; devices 0.1·20/2 = 1; processor (1.95 + 0.3)/2 = 1.125
    const cost = cascadeCost(COSTS, shares);
    expect(cost.sumMs).toBeCloseTo(1.95 + 0.1 * 21, 12);
    expect(cost.bottleneck).toBe("source");
    expect(cost.bottleneckMs).toBeCloseTo(1.95, 12);
    expect(cost.fps).toBeCloseTo(1000 / 1.95, 9);
  });

  test("where cores are few, everything shares them", () => {
    const cost = cascadeCost({ ...COSTS, cores: 1 }, shares);
    expect(cost.bottleneck).toBe("processor");
    expect(cost.bottleneckMs).toBeCloseTo(2.25, 12);
  });
});
