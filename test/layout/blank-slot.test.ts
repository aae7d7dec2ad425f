import { describe, expect, test } from "bun:test";
import { blankSlot } from "../../src/layout/blank-slot.ts";
import { planeLayout } from "../../src/layout/planes.ts";
import type { FrameGeometry } from "../../src/types.ts";

const SIZES = [
  [1, 1],
  [2, 2],
  [33, 31],
  [638, 358],
  [640, 360],
] as const;

describe("blankSlot()", () => {
  test.each(["yuv420p", "nv12", "rgb24", "bgr24"] as const)(
    "%s of any size: a grey picture behind its header",
    (pixelFormat) => {
      for (const [width, height] of SIZES) {
        const geometry: FrameGeometry = {
          width,
          height,
          pixelFormat,
          colorMatrix: "bt601",
          colorRange: "limited",
        };
        const slot = blankSlot(geometry);
        expect(slot.length).toBe(128 + planeLayout(geometry).sizeBytes);
        expect(slot.at(-1)).toBe(128);
        // slot_bytes is the u32 at byte 64 of the header.
        expect(new DataView(slot.buffer).getUint32(64, true)).toBe(slot.length);
      }
    },
  );
});
