import type { Span, Spans } from "../cascade/spans.ts";
import type { Gate } from "./gates.ts";
import type { Observations, SpanObservations } from "./observations.ts";

/** Frames of which every `stride`-th alone has thumbnails; the answers of all are known. */
export interface Spread {
  readonly stride: number;
  /** 1 present, 0 absent, `IGNORED`, by frame. */
  readonly truth: Uint8Array;
  readonly fps: number;
  /** Each begins with a frame that has thumbnails: see `alignSpans`. */
  readonly spans: Spans;
}

/** The same spans, begun with the first frame that has thumbnails. */
export function alignSpans(spans: Spans, stride: number): Spans {
  return eachSpan(spans, ({ from, to, ...span }) => ({
    ...span,
    from: Math.min(to, stride * Math.ceil(from / stride)),
    to,
  }));
}

/** Which thumbnails belong to which span. */
export function thumbnailSpans(spans: Spans, stride: number): Spans {
  return eachSpan(spans, ({ from, to, ...span }) => ({
    ...span,
    from: Math.ceil(from / stride),
    to: Math.ceil(to / stride),
  }));
}

/** Answers of the frames that have thumbnails. */
export function thumbnailTruth(truth: Uint8Array, stride: number): Uint8Array {
  if (stride === 1) return truth;
  return Uint8Array.from({ length: Math.ceil(truth.length / stride) }, (_, index) =>
    Number(truth[index * stride]),
  );
}

/**
 * What was observed of the thumbnails, as observations of all frames: those between two of them are
 * passed over, and have the answer of the one before, right or wrong.
 */
export function spreadObservations(
  observations: Observations,
  { stride, truth, fps, spans }: Spread,
): Observations {
  const span = (of: Span, { gates, scores }: SpanObservations): SpanObservations => {
    const count = of.to - of.from;
    const own = truth.slice(of.from, of.to);
    return {
      reference: own.map((is) => Number(is === 1)),
      truth: own,
      gates: gates.map((gate): Gate => spaced(gate, stride, new Uint8Array(count))),
      scores: scores.map((list) => spaced(list, stride, new Float32Array(count))),
    };
  };
  return {
    ...observations,
    fps,
    tSkips: observations.tSkips.map((tSkip) => tSkip * stride),
    tuning: span(spans.tuning, observations.tuning),
    heldOut: span(spans.heldOut, observations.heldOut),
  };
}

/** Writes each value to the place of its frame. */
function spaced<Values extends Uint8Array | Float32Array>(
  values: Values,
  stride: number,
  out: Values,
): Values {
  for (let index = 0; index < values.length; index += 1) {
    out[index * stride] = values[index] as number;
  }
  return out;
}

function eachSpan(spans: Spans, change: (span: Span) => Span): Spans {
  const { training, validation, tuning, heldOut } = spans;
  return {
    training: change(training),
    validation: change(validation),
    tuning: change(tuning),
    heldOut: change(heldOut),
  };
}
