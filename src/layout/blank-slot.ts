import type { FrameGeometry } from "../types.ts";
import { SlotHeader } from "./layout.gen.ts";
import { planeLayout } from "./planes.ts";
import { writeGeometry } from "./slot-geometry.ts";

const GREY = 128;

/** A slot of its own with a grey picture, for warming a session up. */
export function blankSlot(geometry: FrameGeometry): Uint8Array {
  const sizeBytes = SlotHeader.sizeBytes + planeLayout(geometry).sizeBytes;
  const slot = new Uint8Array(new SharedArrayBuffer(sizeBytes));
  slot.fill(GREY, SlotHeader.sizeBytes);
  const buffer = slot.buffer as SharedArrayBuffer;
  writeGeometry(buffer, 0, geometry);
  const header = new Uint32Array(buffer, 0, SlotHeader.sizeBytes / 4);
  header[SlotHeader.slotBytes / 4] = sizeBytes;
  return slot;
}
