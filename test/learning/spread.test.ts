import { expect, test } from "bun:test";
import type { Span, Spans } from "../../src/cascade/spans.ts";
import { IGNORED } from "../../src/cascade/types.ts";
import { ANCHOR, anchorsOf, EMPTY, REST } from "../../src/learning/gates.ts";
import type { Observations } from "../../src/learning/observations.ts";
import {
  alignSpans,
  spreadObservations,
  thumbnailSpans,
  thumbnailTruth,
} from "../../src/learning/spread.ts";

const span = (name: Span["name"], from: number, to: number): Span => ({ name, from, to });
const SPANS: Spans = {
  training: span("training", 0, 7),
  validation: span("validation", 8, 10),
  tuning: span("tuning", 11, 17),
  heldOut: span("held-out", 18, 23),
};

test("spans begin with a frame that has a thumbnail, and know their thumbnails", () => {
  const spans = alignSpans(SPANS, 3);
  const bounds = (of: Spans): number[][] => Object.values(of).map(({ from, to }) => [from, to]);
  expect(bounds(spans)).toEqual([
    [0, 7],
    [9, 10],
    [12, 17],
    [18, 23],
  ]);
  // Frames 0, 3, 6 · 9 · 12, 15 · 18, 21.
  expect(bounds(thumbnailSpans(spans, 3))).toEqual([
    [0, 3],
    [3, 4],
    [4, 6],
    [6, 8],
  ]);
  expect(alignSpans(SPANS, 1)).toEqual(SPANS);
});

test("thumbnailTruth() is that of the frames with thumbnails", () => {
  expect([...thumbnailTruth(Uint8Array.of(1, 0, 0, 2, 1, 1, 0), 3)]).toEqual([1, 2, 0]);
});

test("spreadObservations() gives frames between two thumbnails the answer of the one before", () => {
  const truth = new Uint8Array(23);
  truth.set([1, 1, 0, IGNORED, 0], 12);
  const seen = {
    reference: new Uint8Array(2),
    truth: new Uint8Array(2),
    gates: [Uint8Array.of(ANCHOR, REST), Uint8Array.of(ANCHOR, EMPTY)],
    scores: [Float32Array.of(0.25, 0.75)],
  };
  const thin = { fps: 5, tSkips: [1, 2], tDiffs: [null], networks: ["n"] };
  const spans = alignSpans(SPANS, 3);
  const { tSkips, fps, tuning, heldOut } = spreadObservations(
    { ...thin, tuning: seen, heldOut: seen } as unknown as Observations,
    { stride: 3, truth, fps: 15, spans },
  );
  expect({ tSkips, fps }).toEqual({ tSkips: [3, 6], fps: 15 });
  expect([...tuning.truth]).toEqual([1, 1, 0, IGNORED, 0]);
  expect([...tuning.reference]).toEqual([1, 1, 0, 0, 0]);
  expect(tuning.gates.map((gate) => [...gate])).toEqual([
    [ANCHOR, REST, REST, REST, REST],
    [ANCHOR, REST, REST, EMPTY, REST],
  ]);
  expect([...(tuning.scores[0] ?? [])]).toEqual([0.25, 0, 0, 0.75, 0]);
  expect([...anchorsOf(tuning.gates[0] as Uint8Array)]).toEqual([0, 0, 0, 0, 0]);
  expect(heldOut.truth).toHaveLength(5);
});
