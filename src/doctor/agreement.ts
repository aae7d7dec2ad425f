import type { Answer, SeenObject } from "./answers.ts";

/** Least confidence of a session whose answers are compared. */
export const CONFIDENCE_FLOOR = 0.05;
/** Objects from this confidence on must be seen by both; what both doubt may differ. */
export const CONFIDENCE_SEEN = 0.1;
/** Half precision moves scores by up to 0.05, and boxes by less than a pixel. */
const CONFIDENCE_DIFFERENCE_MAX = 0.15;
const IOU_MIN = 0.6;
/** Part of the objects that may differ: rounding decides which of two boxes NMS keeps. */
const DISAGREED_SHARE_MAX = 0.1;
/** Least cosine between outputs that are compared as numbers. */
const SIMILARITY_MIN = 0.99;

/** How the answers of two devices to the same pictures compare. */
export interface Agreement {
  readonly pictures: number;
  /** Objects seen by the one or the other: those of both count twice. */
  readonly compared: number;
  /** How many of them the other saw too. */
  readonly agreed: number;
  /** Least cosine similarity of a picture's output; null where objects are compared. */
  readonly similarity: number | null;
  /** Whether they are the same answers; null where there was nothing to compare. */
  readonly agrees: boolean | null;
}

/**
 * Compares two devices' answers. Objects are the same where class, place (IoU from 0.6 on) and
 * confidence (within 0.15) are; one in ten may differ. Outputs that no detection head reads are the
 * same where their cosine similarity is at least 0.99 in every picture.
 *
 * @throws {RangeError} where they did not answer equally many pictures
 */
export function agreementOf(one: readonly Answer[], other: readonly Answer[]): Agreement {
  if (one.length !== other.length) {
    throw new RangeError(`agreementOf: ${one.length} answers against ${other.length}`);
  }
  let [compared, agreed] = [0, 0];
  let similarity: number | null = null;
  for (const [index, { objects, values }] of one.entries()) {
    const against = other[index] as Answer;
    const seen = [...seenBy(objects, against.objects), ...seenBy(against.objects, objects)];
    compared += seen.length;
    agreed += seen.filter(Boolean).length;
    if (values.length > 0 || against.values.length > 0) {
      similarity = Math.min(similarity ?? 1, cosineOf(values, against.values));
    }
  }
  const pictures = one.length;
  const nothing = compared === 0 && similarity === null;
  const isSame =
    compared - agreed <= DISAGREED_SHARE_MAX * compared && (similarity ?? 1) >= SIMILARITY_MIN;
  return { pictures, compared, agreed, similarity, agrees: nothing ? null : isSame };
}

/** For each object that counts: whether the other saw it too. Each of the other's serves once. */
function seenBy(objects: readonly SeenObject[], other: readonly SeenObject[]): boolean[] {
  const free = new Set(other);
  return objects
    .filter(({ confidence }) => confidence >= CONFIDENCE_SEEN)
    .map((object) => {
      let best: SeenObject | undefined;
      let bestIou = IOU_MIN;
      for (const candidate of free) {
        if (candidate.classId !== object.classId) continue;
        const difference = Math.abs(candidate.confidence - object.confidence);
        const iou = iouOf(candidate.xyxy, object.xyxy);
        if (difference > CONFIDENCE_DIFFERENCE_MAX || !(iou >= bestIou)) continue;
        [best, bestIou] = [candidate, iou];
      }
      if (best !== undefined) free.delete(best);
      return best !== undefined;
    });
}

/** Intersection over union of two boxes, 0–1. */
export function iouOf(a: SeenObject["xyxy"], b: SeenObject["xyxy"]): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const overlap = Math.max(0, width) * Math.max(0, height);
  const area = ([x1, y1, x2, y2]: SeenObject["xyxy"]): number => (x2 - x1) * (y2 - y1);
  const union = area(a) + area(b) - overlap;
  return union > 0 ? overlap / union : 0;
}

/** Cosine of the angle between two outputs; 0 where they cannot be compared. */
function cosineOf(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return 0;
  let [dot, squareA, squareB] = [0, 0, 0];
  for (let index = 0; index < a.length; index += 1) {
    const [x, y] = [a[index] as number, b[index] as number];
    dot += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  if (squareA === 0 && squareB === 0) return 1;
  const cosine = dot / Math.sqrt(squareA * squareB);
  // NaN: an output that is no number, or nothing but zeros on one side.
  return Number.isNaN(cosine) ? 0 : cosine;
}
