import { usageError } from "../../errors.ts";
import type { PictureSize } from "../../types.ts";
import type { LabelledFrame } from "./store.ts";

/** A labelled frame as a file of labels has it: classes by name. */
export interface ImportedFrame {
  readonly frame: number;
  /** Null where the file says none. */
  readonly timeMs: number | null;
  /** Of the picture the boxes are in, where the file says. */
  readonly size: PictureSize | null;
  /** Null where the frame does not count. */
  readonly objects:
    | readonly {
        readonly label: string;
        readonly confidence: number;
        readonly xyxy: readonly [x1: number, y1: number, x2: number, y2: number];
        readonly ignored: boolean;
      }[]
    | null;
}

/** What a file of labels held. */
export interface ImportedLabels {
  /** Class names, class 0 first. */
  readonly classes: readonly string[];
  /** Whether these are all it could name: a list of its own says so, and not what was seen. */
  readonly isListed: boolean;
  /** In ascending order, each once. */
  readonly frames: readonly LabelledFrame[];
  /** Time of each of them in ms as the file says it; NaN where it says none. */
  readonly timesMs: Float64Array;
  /** Size of the pictures, where the file says. */
  readonly size: PictureSize | null;
}

/**
 * Puts imported frames in order and their classes into numbers.
 *
 * @param listed class names the file lists, which have numbers already; those found besides follow
 * @throws {AipError} `labels-malformed` for none, for a frame that is there twice, or for pictures
 * of several sizes
 */
export function importedLabels(
  path: string,
  frames: readonly ImportedFrame[],
  listed?: readonly string[],
): ImportedLabels {
  const fail = (reason: string): never => {
    throw usageError("labels-malformed", `Cannot import labels from "${path}": ${reason}`);
  };
  if (frames.length === 0) fail("it holds no frames");
  const ordered = [...frames].sort((a, b) => a.frame - b.frame);
  const numbers = new Map(listed?.map((name, id) => [name, id]));
  const idOf = (label: string): number => {
    const id = numbers.get(label) ?? numbers.size;
    numbers.set(label, id);
    return id;
  };
  let size: PictureSize | null = null;
  const labelled = ordered.map(({ frame, timeMs, objects, size: own }, index) => {
    if (ordered[index - 1]?.frame === frame) fail(`frame ${frame} is in it twice`);
    if (own !== null && size !== null && (own.width !== size.width || own.height !== size.height)) {
      fail(`frame ${frame} is ${told(own)} and others are ${told(size)}`);
    }
    size ??= own;
    const numbered = objects?.map(({ label, ...object }) => ({ classId: idOf(label), ...object }));
    return { frame, timeMs: timeMs ?? 0, objects: numbered ?? null };
  });
  const timesMs = Float64Array.from(ordered, ({ timeMs }) => timeMs ?? Number.NaN);
  const isListed = listed !== undefined;
  return { classes: [...numbers.keys()], isListed, frames: labelled, timesMs, size };
}

/** `640×360` */
export function told({ width, height }: PictureSize): string {
  return `${width}×${height}`;
}
