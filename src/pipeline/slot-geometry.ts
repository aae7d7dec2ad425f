import { ColorMatrix, ColorRange, PixelFormat, SlotHeader } from "../layout/layout.gen.ts";
import { planeLayout } from "../layout/planes.ts";
import type { FrameGeometry } from "../types.ts";

/** Writes size, format, colour and planes into the slot header at `offsetBytes`. */
export function writeGeometry(
  arena: SharedArrayBuffer,
  offsetBytes: number,
  geometry: FrameGeometry,
): void {
  const words = new Uint32Array(arena, offsetBytes, SlotHeader.sizeBytes / 4);
  const planes = planeLayout(geometry);
  words[SlotHeader.pixelFormat / 4] = PixelFormat[geometry.pixelFormat];
  words[SlotHeader.width / 4] = geometry.width;
  words[SlotHeader.height / 4] = geometry.height;
  words[SlotHeader.colorMatrix / 4] = ColorMatrix[geometry.colorMatrix];
  words[SlotHeader.colorRange / 4] = ColorRange[geometry.colorRange];
  for (let plane = 0; plane < 3; plane += 1) {
    const offset = planes.offsetBytes[plane];
    words[SlotHeader.planeOffsetBytes / 4 + plane] =
      offset === undefined ? 0 : SlotHeader.sizeBytes + offset;
    words[SlotHeader.planeStrideBytes / 4 + plane] = planes.strideBytes[plane] ?? 0;
  }
}
