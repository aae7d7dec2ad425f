import type { Footage } from "../cascade/search-space.ts";
import { usageError } from "../errors.ts";
import { anchorsOf, type DetectorKind, type Gate } from "./gates.ts";

/** What is known of the frames of a span. */
export interface SpanObservations {
  /** Answers of the reference model: 1 present, 0 absent. */
  readonly reference: Uint8Array;
  /** The same, and `IGNORED` where a frame does not count. */
  readonly truth: Uint8Array;
  /** One for every pair of `tSkips` and `tDiffs`, in this order. */
  readonly gates: readonly Gate[];
  /** One list for each network: its probability of the object, by frame. */
  readonly scores: readonly Float32Array[];
}

/** All that the search for thresholds reads of footage, for one kind of difference detector. */
export interface Observations {
  readonly fps: number;
  readonly kind: DetectorKind;
  readonly tSkips: readonly number[];
  /** Null is no difference detector. */
  readonly tDiffs: readonly (number | null)[];
  /** Names of the networks. */
  readonly networks: readonly string[];
  readonly tuning: SpanObservations;
  readonly heldOut: SpanObservations;
}

/** A span as the search wants it. */
export function footageOf(observations: Observations, span: SpanObservations): Footage {
  const { tSkips, tDiffs, networks } = observations;
  const anchors = new Map<Gate, Uint32Array>();
  return {
    reference: span.reference,
    truth: span.truth,
    anchors: (tSkip, tDiff) => {
      const gate = span.gates[tSkips.indexOf(tSkip) * tDiffs.length + tDiffs.indexOf(tDiff)];
      if (gate === undefined) throw new RangeError(`no gate for t_skip ${tSkip}, t_diff ${tDiff}`);
      const known = anchors.get(gate) ?? anchorsOf(gate);
      anchors.set(gate, known);
      return known;
    },
    scores: (name) => {
      const scores = span.scores[networks.indexOf(name)];
      if (scores === undefined) throw new RangeError(`no scores of network "${name}"`);
      return scores;
    },
  };
}

/** What precedes the arrays. */
interface Header {
  readonly fps: number;
  readonly mode: DetectorKind["mode"];
  readonly reference: readonly number[] | null;
  readonly blocks: { readonly weights: readonly number[]; readonly bias: number } | null;
  readonly tSkips: readonly number[];
  readonly tDiffs: readonly (number | null)[];
  readonly networks: readonly string[];
  /** Frames of both spans. */
  readonly frames: readonly [tuning: number, heldOut: number];
}

const LENGTH_BYTES = 4;
const COMPRESSION = 9;

/**
 * Packs observations: a length, a header as JSON, then all arrays one after the other, compressed
 * by Zstandard. Gates are long runs, so hundreds of them take little room.
 */
export function packObservations(observations: Observations): Uint8Array {
  const { fps, kind, tSkips, tDiffs, networks, tuning, heldOut } = observations;
  const header: Header = {
    fps,
    mode: kind.mode,
    reference: kind.reference && [...kind.reference],
    blocks: kind.blocks && { weights: [...kind.blocks.weights], bias: kind.blocks.bias },
    tSkips,
    tDiffs,
    networks,
    frames: [tuning.truth.length, heldOut.truth.length],
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(json.length);
  const arrays = [tuning, heldOut].flatMap(({ reference, truth, gates, scores }) => [
    reference,
    truth,
    ...gates,
    ...scores.map((list) => new Uint8Array(list.buffer, list.byteOffset, list.byteLength)),
  ]);
  return Bun.zstdCompressSync(Buffer.concat([length, json, ...arrays]), { level: COMPRESSION });
}

/**
 * The way back.
 * @throws {AipError} `cascade-invalid`
 */
export function unpackObservations(packed: Uint8Array): Observations {
  try {
    const bytes = Bun.zstdDecompressSync(packed);
    const jsonEnd = LENGTH_BYTES + bytes.readUInt32LE(0);
    const header: Header = JSON.parse(bytes.toString("utf8", LENGTH_BYTES, jsonEnd));
    let at = jsonEnd;
    const take = (count: number): Uint8Array => {
      const part = new Uint8Array(bytes.subarray(at, at + count));
      if (part.length !== count) throw new RangeError("cut short");
      at += count;
      return part;
    };
    const span = (frames: number): SpanObservations => ({
      reference: take(frames),
      truth: take(frames),
      gates: Array.from({ length: header.tSkips.length * header.tDiffs.length }, () =>
        take(frames),
      ),
      scores: header.networks.map(() => new Float32Array(take(4 * frames).buffer)),
    });
    const [tuning, heldOut] = header.frames;
    return {
      fps: header.fps,
      kind: {
        mode: header.mode,
        reference: header.reference && shared(header.reference),
        blocks: header.blocks && {
          weights: Float32Array.from(header.blocks.weights),
          bias: header.blocks.bias,
        },
      },
      tSkips: header.tSkips,
      tDiffs: header.tDiffs,
      networks: header.networks,
      tuning: span(tuning),
      heldOut: span(heldOut),
    };
  } catch (cause) {
    throw usageError("cascade-invalid", "its stored scores cannot be read", cause);
  }
}

/** Native code reads it, so it must stay where it is. */
function shared(bytes: readonly number[]): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
