import type { FrameGeometry, PixelFormatName } from "../types.ts";
import { ColorMatrix, ColorRange, PixelFormat, SlotHeader } from "./layout.gen.ts";
import { planeLayout } from "./planes.ts";

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
  words[SlotHeader.sourceWidth / 4] = geometry.sourceSize?.width ?? 0;
  words[SlotHeader.sourceHeight / 4] = geometry.sourceSize?.height ?? 0;
  for (let plane = 0; plane < 3; plane += 1) {
    const offset = planes.offsetBytes[plane];
    words[SlotHeader.planeOffsetBytes / 4 + plane] =
      offset === undefined ? 0 : SlotHeader.sizeBytes + offset;
    words[SlotHeader.planeStrideBytes / 4 + plane] = planes.strideBytes[plane] ?? 0;
  }
}

/** Reads size, format and colour from the slot header at `offsetBytes`. */
export function readGeometry(arena: SharedArrayBuffer, offsetBytes: number): FrameGeometry {
  const words = new Uint32Array(arena, offsetBytes, SlotHeader.sizeBytes / 4);
  const nameOf = <Name extends string>(names: Record<Name, number>, field: number): Name => {
    const value = words[field / 4];
    return (Object.keys(names) as Name[]).find((name) => names[name] === value) as Name;
  };
  const width = words[SlotHeader.sourceWidth / 4] as number;
  const height = words[SlotHeader.sourceHeight / 4] as number;
  return {
    width: words[SlotHeader.width / 4] as number,
    height: words[SlotHeader.height / 4] as number,
    pixelFormat: nameOf<PixelFormatName>(PixelFormat, SlotHeader.pixelFormat),
    colorMatrix: nameOf(ColorMatrix, SlotHeader.colorMatrix),
    colorRange: nameOf(ColorRange, SlotHeader.colorRange),
    ...(width > 0 && { sourceSize: { width, height } }),
  };
}
