import { blankSlot } from "../layout/blank-slot.ts";
import { CLASS_ID, CONFIDENCE, TRACK_ID, WORDS, X1 } from "../layout/detection-words.ts";
import { DETECTION_COUNT_MAX, ResultDescriptor, SlotHeader } from "../layout/layout.gen.ts";
import { BoxPainter } from "../native/box-painter.ts";
import { addressOf } from "../native/library.ts";
import { DETECTIONS_OFFSET, PAYLOAD_OFFSET } from "../ring/arena.ts";
import type { Detection, PictureSize } from "../types.ts";
import type { RgbPicture } from "./digits.ts";

/**
 * Draws boxes over a picture as `aip run --annotate` does.
 *
 * @param picture stays as it is
 * @param size of the picture that the boxes are measured in
 * @returns a picture of the same size with the boxes, at most 300
 */
export function drawBoxes(
  picture: RgbPicture,
  boxes: readonly Detection[],
  size: PictureSize,
): RgbPicture {
  const { width, height } = picture;
  const slot = blankSlot({
    ...{ width, height, pixelFormat: "rgb24" },
    ...{ colorMatrix: "bt601", colorRange: "full" },
  });
  const pixels = slot.subarray(SlotHeader.sizeBytes);
  pixels.set(picture.pixels);
  const shown = boxes.slice(0, DETECTION_COUNT_MAX);
  const block = resultBlock(shown, width / size.width, height / size.height);
  new BoxPainter(labelsOf(shown)).draw(addressOf(slot), addressOf(block));
  return { width, height, pixels };
}

function resultBlock(boxes: readonly Detection[], scaleX: number, scaleY: number): Uint8Array {
  const buffer = new SharedArrayBuffer(PAYLOAD_OFFSET);
  const descriptor = new Uint32Array(buffer, 0, ResultDescriptor.sizeBytes / 4);
  descriptor[ResultDescriptor.detectionCount / 4] = boxes.length;
  const f32 = new Float32Array(buffer, DETECTIONS_OFFSET);
  const i32 = new Int32Array(buffer, DETECTIONS_OFFSET);
  for (const [index, { classId, confidence, xyxy }] of boxes.entries()) {
    const at = index * WORDS;
    const [x1, y1, x2, y2] = xyxy;
    f32.set([x1 * scaleX, y1 * scaleY, x2 * scaleX, y2 * scaleY], at + X1);
    f32[at + CONFIDENCE] = confidence;
    i32[at + CLASS_ID] = classId;
    i32[at + TRACK_ID] = -1;
  }
  return new Uint8Array(buffer);
}

/** Names by class number, as far as the boxes name them. */
function labelsOf(boxes: readonly Detection[]): string[] {
  const last = Math.max(-1, ...boxes.map(({ classId }) => classId));
  const labels = Array.from({ length: last + 1 }, () => "");
  for (const { classId, label } of boxes) labels[classId] = label;
  return labels;
}
