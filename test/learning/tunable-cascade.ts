import type { Cascade } from "../../src/cascade/file/cascade.ts";
import { gateOf } from "../../src/learning/gates.ts";
import {
  type Observations,
  packObservations,
  type SpanObservations,
} from "../../src/learning/observations.ts";
import { mulberry32 } from "../../src/random.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";

/** Of either span. */
export const FRAMES = 20_000;

/** Somebody is there for 4 of every 20 frames; scores tell them apart, but for a few. */
function span(seed: number): SpanObservations {
  const random = mulberry32(seed);
  const truth = Uint8Array.from({ length: FRAMES }, (_, frame) => Number(frame % 20 < 4));
  const scores = Float32Array.from(truth, (is) => {
    const score = 0.3 * random() ** 2;
    const isOdd = random() < 0.004;
    return (is === 1) === isOdd ? score : 1 - score;
  });
  const luma = new Uint8Array(new SharedArrayBuffer(2500 * FRAMES));
  const kind = { mode: "earlier", reference: null, blocks: null } as const;
  const gates = [1, 2].map((tSkip) => gateOf(luma, kind, { tSkip, tDiff: null }));
  return { reference: truth, truth, gates, scores: [scores] };
}

export const OBSERVATIONS: Observations = {
  fps: 10,
  kind: { mode: "earlier", reference: null, blocks: null },
  tSkips: [1, 2],
  tDiffs: [null],
  networks: ["net"],
  tuning: span(1),
  heldOut: span(2),
};

/** A cascade that keeps scores. */
export function tunableCascade(): Cascade {
  return { ...sampleCascade(), observations: packObservations(OBSERVATIONS) };
}
