import type { Detection } from "../../types.ts";

/** A labelled object: a detection, or one that evaluations must ignore. */
export interface LabelledObject extends Pick<Detection, "classId" | "confidence" | "xyxy"> {
  /** Too small, hidden or half outside to be asked of anybody. */
  readonly ignored?: boolean;
}

/**
 * Objects of a frame as bytes, 24 each, little-endian:
 *
 *     0 class i32 (-1 - class where ignored) | 4 confidence f32 | 8 x1 | 12 y1 | 16 x2 | 20 y2 f32
 */
export const RECORD_BYTES = 24;

/** Packs a frame's objects. */
export function packObjects(objects: readonly LabelledObject[]): Uint8Array {
  const bytes = new Uint8Array(objects.length * RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  objects.forEach(({ classId, confidence, xyxy, ignored = false }, index) => {
    const at = index * RECORD_BYTES;
    view.setInt32(at, ignored ? -1 - classId : classId, true);
    view.setFloat32(at + 4, confidence, true);
    xyxy.forEach((value, side) => {
      view.setFloat32(at + 8 + 4 * side, value, true);
    });
  });
  return bytes;
}

/** Unpacks what `packObjects` packed. @throws {RangeError} where it is no whole number of records */
export function unpackObjects(bytes: Uint8Array): LabelledObject[] {
  if (bytes.length % RECORD_BYTES !== 0) throw new RangeError("a record of a label is cut short");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / RECORD_BYTES }, (_, index) => {
    const at = index * RECORD_BYTES;
    const word = view.getInt32(at, true);
    const side = (number: number): number => view.getFloat32(at + 8 + 4 * number, true);
    return {
      classId: word < 0 ? -1 - word : word,
      confidence: view.getFloat32(at + 4, true),
      xyxy: [side(0), side(1), side(2), side(3)] as const,
      ...(word < 0 && { ignored: true }),
    };
  });
}
