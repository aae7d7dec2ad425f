import { expect, test } from "bun:test";
import { SlotHeader } from "../../src/layout/layout.gen.ts";
import { readGeometry, writeGeometry } from "../../src/layout/slot-geometry.ts";
import type { FrameGeometry } from "../../src/types.ts";

const OFFSET_BYTES = 256;

test.each([
  { width: 5, height: 3, pixelFormat: "yuv420p", colorMatrix: "bt601", colorRange: "limited" },
  { width: 6, height: 4, pixelFormat: "nv12", colorMatrix: "bt709", colorRange: "full" },
  { width: 7, height: 2, pixelFormat: "rgb24", colorMatrix: "bt601", colorRange: "full" },
  { width: 1, height: 9, pixelFormat: "bgr24", colorMatrix: "bt709", colorRange: "limited" },
  {
    ...{ width: 416, height: 233, pixelFormat: "yuv420p", colorMatrix: "bt601" },
    ...{ colorRange: "limited", sourceSize: { width: 768, height: 432 } },
  },
] satisfies FrameGeometry[])("readGeometry() reads what writeGeometry() wrote: %o", (geometry) => {
  const arena = new SharedArrayBuffer(1024);
  writeGeometry(arena, OFFSET_BYTES, geometry);
  expect(readGeometry(arena, OFFSET_BYTES)).toEqual(geometry);
});

test("writeGeometry() places planes behind the header, counted from the slot, and nothing else", () => {
  const arena = new SharedArrayBuffer(1024);
  const geometry: FrameGeometry = {
    ...{ width: 5, height: 3, pixelFormat: "yuv420p" },
    ...{ colorMatrix: "bt601", colorRange: "limited" },
  };
  writeGeometry(arena, OFFSET_BYTES, geometry);
  const words = new Uint32Array(arena, OFFSET_BYTES, SlotHeader.sizeBytes / 4);
  const three = (field: number): number[] => [...words.subarray(field / 4, field / 4 + 3)];
  // By hand: luma 5 × 3, chroma 3 × 2, behind a header of 128 bytes.
  expect(three(SlotHeader.planeOffsetBytes)).toEqual([128, 128 + 15, 128 + 15 + 6]);
  expect(three(SlotHeader.planeStrideBytes)).toEqual([5, 3, 3]);
  const outside = new Uint8Array(arena);
  outside.fill(0, OFFSET_BYTES, OFFSET_BYTES + SlotHeader.sizeBytes);
  expect(outside.some((byte) => byte !== 0)).toBe(false);
});
