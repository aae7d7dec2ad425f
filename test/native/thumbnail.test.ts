import { expect, test } from "bun:test";
import { SlotHeader } from "../../src/layout/layout.gen.ts";
import { planeLayout } from "../../src/layout/planes.ts";
import { writeGeometry } from "../../src/layout/slot-geometry.ts";
import { type Address, addressOf } from "../../src/native/library.ts";
import { Thumbnails } from "../../src/native/thumbnail.ts";
import type { FrameGeometry } from "../../src/types.ts";

interface Slot {
  readonly address: Address;
  readonly pixels: Uint8Array;
  readonly header: Uint32Array;
}

function slotOf(geometry: FrameGeometry): Slot {
  const sizeBytes = SlotHeader.sizeBytes + planeLayout(geometry).sizeBytes;
  const arena = new SharedArrayBuffer(Math.ceil(sizeBytes / 4) * 4);
  writeGeometry(arena, 0, geometry);
  const header = new Uint32Array(arena, 0, SlotHeader.sizeBytes / 4);
  header[SlotHeader.slotBytes / 4] = sizeBytes;
  const pixels = new Uint8Array(arena, SlotHeader.sizeBytes, sizeBytes - SlotHeader.sizeBytes);
  return { address: addressOf(new Uint8Array(arena)), pixels, header };
}

const shared = (sizeBytes: number): Uint8Array =>
  new Uint8Array(new SharedArrayBuffer(Math.max(sizeBytes, 1)));

const COLOR = { colorMatrix: "bt601", colorRange: "full" } as const;

test("Thumbnails.luma() means the area under each pixel, of any picture format", () => {
  const values = [10, 20, 30, 40, 50, 60, 70, 81];
  const whole = new Thumbnails({ side: 2, region: null });
  for (const pixelFormat of ["yuv420p", "nv12"] as const) {
    const slot = slotOf({ ...COLOR, width: 4, height: 2, pixelFormat });
    slot.pixels.fill(128);
    slot.pixels.set(values);
    const luma = shared(whole.lumaBytes);
    whole.luma(slot.address, luma);
    // (10 + 20) / 2, (30 + 40) / 2, (50 + 60) / 2, and 75.5 rounded up.
    expect([...luma]).toEqual([15, 35, 55, 76]);
  }
  for (const pixelFormat of ["rgb24", "bgr24"] as const) {
    const slot = slotOf({ ...COLOR, width: 4, height: 2, pixelFormat });
    slot.pixels.set(values.flatMap((grey) => [grey, grey, grey]));
    const luma = shared(whole.lumaBytes);
    whole.luma(slot.address, luma);
    expect([...luma]).toEqual([15, 35, 55, 76]);
  }
});

test("Thumbnails.rgb() writes planes R, G, B whatever the order in the slot", () => {
  const thumbnails = new Thumbnails({ side: 1, region: [0.5, 0, 1, 1] });
  for (const [pixelFormat, red, blue] of [
    ["rgb24", 0, 2],
    ["bgr24", 2, 0],
  ] as const) {
    const slot = slotOf({ ...COLOR, width: 2, height: 1, pixelFormat });
    slot.pixels.set([1, 2, 3], 0);
    slot.pixels[3 + red] = 200;
    slot.pixels[3 + 1] = 100;
    slot.pixels[3 + blue] = 50;
    const rgb = shared(thumbnails.rgbBytes);
    thumbnails.rgb(slot.address, rgb);
    expect([...rgb]).toEqual([200, 100, 50]);
  }
});

test("Thumbnails.rgb() converts YUV by the slot's matrix and range", () => {
  // BT.709, limited: white is Y 235; red is Y 63, Cb 102, Cr 240 (ITU-R BT.709-6, table 4).
  const slot = slotOf({
    ...{ width: 4, height: 2, pixelFormat: "yuv420p" },
    ...{ colorMatrix: "bt709", colorRange: "limited" },
  });
  slot.pixels.set([235, 235, 63, 63, 235, 235, 63, 63], 0);
  slot.pixels.set([128, 102, 128, 240], 8);
  const thumbnails = new Thumbnails({ side: 2, region: null });
  const rgb = shared(thumbnails.rgbBytes);
  thumbnails.rgb(slot.address, rgb);
  expect([...rgb.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
  for (const at of [5, 7, 9, 11]) expect(rgb[at]).toBeLessThanOrEqual(2);
  for (const at of [4, 6, 8, 10]) expect(rgb[at]).toBe(255);
});

test("Thumbnails refuse a side or a region that cannot be", () => {
  expect(() => new Thumbnails({ side: 0, region: null })).toThrow(
    new RangeError("A thumbnail has 1 to 128 pixels a side, not 0"),
  );
  expect(() => new Thumbnails({ side: 129, region: null })).toThrow("not 129");
  expect(() => new Thumbnails({ side: 50, region: [0.5, 0, 0.5, 1] })).toThrow(
    new RangeError(
      "A region is left, top, right, bottom within 0 to 1, each pair in this order, " +
        "not 0.5, 0, 0.5, 1",
    ),
  );
  expect(() => new Thumbnails({ side: 50, region: [0, 0, Number.NaN, 1] })).toThrow(RangeError);
});

test("Thumbnails say what is wrong with a slot whose planes reach beyond it", () => {
  const slot = slotOf({ ...COLOR, width: 4, height: 2, pixelFormat: "yuv420p" });
  slot.header[SlotHeader.slotBytes / 4] = 130;
  const thumbnails = new Thumbnails({ side: 1, region: null });
  expect(() => thumbnails.luma(slot.address, shared(1))).toThrow(
    "does not fit a slot of 130 bytes",
  );
});
