/**
 * Draws the street that conversions to Core ML are checked with, `scripts/coreml/street.ppm.gz`: a
 * frame of the demo scene, in which detectors of persons and cars see some. Run it where the scene
 * has changed; a test compares.
 *
 *     bun scripts/gen-street-picture.ts
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { blankSlot } from "../src/layout/blank-slot.ts";
import { SlotHeader } from "../src/layout/layout.gen.ts";
import { addressOf, check, library } from "../src/native/library.ts";
import { readAddress } from "../src/native/session.ts";

/** Where the picture is kept. */
export const STREET_FILE: string = join(import.meta.dir, "coreml/street.ppm.gz");

const [WIDTH, HEIGHT] = [416, 234];
/** Persons, cars and a truck, near and far. */
const FRAME = 90;
/** Fewer levels make a smaller file: detectors see the same. */
const LEVEL_STEP = 16;
const SCENE = { fps: 25, seed: 1, density: 1, personShare: -1 } as const;

/** The picture as PPM (P6). */
export function drawStreet(): Uint8Array {
  const slot = blankSlot({
    width: WIDTH,
    height: HEIGHT,
    pixelFormat: "yuv420p",
    colorMatrix: "bt601",
    colorRange: "limited",
  });
  const out = new Uint32Array(new SharedArrayBuffer(8));
  const { aip_demo_open, aip_demo_draw, aip_demo_destroy } = library();
  const { fps, seed, density, personShare } = SCENE;
  check(
    aip_demo_open(WIDTH, HEIGHT, fps, seed, density, personShare, 0, 0, out),
    "picture-not-drawn",
  );
  const demo = readAddress(out);
  try {
    check(aip_demo_draw(demo, FRAME, addressOf(slot)), "picture-not-drawn");
    return Buffer.concat([Buffer.from(`P6\n${WIDTH} ${HEIGHT}\n255\n`), toRgb(slot)]);
  } finally {
    aip_demo_destroy(demo);
  }
}

/** ITU-R BT.601, limited range, each chroma value for its four pixels. */
function toRgb(slot: Uint8Array): Uint8Array {
  const view = new DataView(slot.buffer, slot.byteOffset);
  const planes = [0, 1, 2].map((plane) => ({
    offset: view.getUint32(SlotHeader.planeOffsetBytes + 4 * plane, true),
    stride: view.getUint32(SlotHeader.planeStrideBytes + 4 * plane, true),
  }));
  const at = (plane: number, x: number, y: number): number => {
    const { offset = 0, stride = 0 } = planes[plane] ?? {};
    return slot[offset + y * stride + x] as number;
  };
  const rgb = new Uint8ClampedArray(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const luma = 1.164384 * (at(0, x, y) - 16);
      const blue = at(1, x >> 1, y >> 1) - 128;
      const red = at(2, x >> 1, y >> 1) - 128;
      const pixel = [
        luma + 1.596027 * red,
        luma - 0.391762 * blue - 0.812968 * red,
        luma + 2.017232 * blue,
      ];
      const levels = pixel.map((value) => LEVEL_STEP * Math.round(value / LEVEL_STEP));
      rgb.set(levels, 3 * (y * WIDTH + x));
    }
  }
  return new Uint8Array(rgb.buffer);
}

if (import.meta.main) await Bun.write(STREET_FILE, gzipSync(drawStreet(), { level: 9 }));
