import type { Span, Spans } from "../cascade/spans.ts";
import { IGNORED } from "../cascade/types.ts";
import { LUMA_SIDE } from "../footage/luma-side.ts";
import { type DetectorKind, gateOf, skipChoices, thresholdChoices } from "./gates.ts";
import type { Observations, SpanObservations } from "./observations.ts";

export interface ObserveOptions {
  /** Luma thumbnails of the whole footage, u8 [frames, 50, 50]. */
  readonly luma: Uint8Array;
  /** 1 present, 0 absent, `IGNORED`, by frame. */
  readonly truth: Uint8Array;
  readonly kind: DetectorKind;
  readonly fps: number;
  readonly spans: Spans;
  /** Scores by frame of the whole footage. */
  readonly networks: readonly { readonly name: string; readonly scores: Float32Array }[];
}

/** Replays everything that is tried of skipping and one difference detector on two spans. */
export function observe(options: ObserveOptions): Observations {
  const { luma, kind, fps, spans, networks } = options;
  const tSkips = skipChoices(fps);
  const tDiffs = [null, ...thresholdChoices(lumaOf(luma, spans.tuning), kind, fps)];
  const span = (of: Span): SpanObservations => {
    const truth = options.truth.slice(of.from, of.to);
    return {
      // A frame that does not count still gets an answer, where it is an anchor.
      reference: truth.map((is) => (is === IGNORED ? 0 : is)),
      truth,
      gates: tSkips.flatMap((tSkip) =>
        tDiffs.map((tDiff) => gateOf(lumaOf(luma, of), kind, { tSkip, tDiff })),
      ),
      scores: networks.map(({ scores }) => scores.slice(of.from, of.to)),
    };
  };
  return {
    fps,
    kind,
    tSkips,
    tDiffs,
    networks: networks.map(({ name }) => name),
    tuning: span(spans.tuning),
    heldOut: span(spans.heldOut),
  };
}

function lumaOf(luma: Uint8Array, { from, to }: Span): Uint8Array {
  const bytes = LUMA_SIDE * LUMA_SIDE;
  return luma.subarray(from * bytes, to * bytes);
}
