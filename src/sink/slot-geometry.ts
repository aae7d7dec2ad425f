import { ColorMatrix, ColorRange, PixelFormat, SlotHeader } from "../layout/layout.gen.ts";
import type { FrameGeometry, PixelFormatName } from "../types.ts";

/** Size, format and colour of the picture in the slot at `slotOffsetBytes`. */
export function slotGeometry(arena: SharedArrayBuffer, slotOffsetBytes: number): FrameGeometry {
  const words = new Uint32Array(arena, slotOffsetBytes, SlotHeader.sizeBytes / 4);
  const nameOf = <Name extends string>(names: Record<Name, number>, field: number): Name => {
    const value = words[field / 4];
    return (Object.keys(names) as Name[]).find((name) => names[name] === value) as Name;
  };
  return {
    width: words[SlotHeader.width / 4] as number,
    height: words[SlotHeader.height / 4] as number,
    pixelFormat: nameOf<PixelFormatName>(PixelFormat, SlotHeader.pixelFormat),
    colorMatrix: nameOf(ColorMatrix, SlotHeader.colorMatrix),
    colorRange: nameOf(ColorRange, SlotHeader.colorRange),
  };
}
