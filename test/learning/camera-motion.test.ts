import { expect, test } from "bun:test";
import { changingShare, checkFixedCamera } from "../../src/learning/camera-motion.ts";
import { mulberry32 } from "../../src/random.ts";

const SIDE = 50;
const FPS = 5;
const FRAMES = 100;

/** A textured scene, moved by `pan` pixels a frame, with noise and a bright thing that passes. */
function footage(pan: number): Uint8Array {
  const random = mulberry32(3);
  const scene = Uint8Array.from({ length: 400 * SIDE }, () => 40 + 150 * random());
  const luma = new Uint8Array(new SharedArrayBuffer(FRAMES * SIDE * SIDE));
  for (let frame = 0; frame < FRAMES; frame += 1) {
    for (let y = 0; y < SIDE; y += 1) {
      for (let x = 0; x < SIDE; x += 1) {
        const isThing = y > 30 && Math.abs(x - frame / 2) < 6;
        const pixel = isThing ? 240 : (scene[y * 400 + x + Math.floor(pan * frame)] as number);
        luma[(frame * SIDE + y) * SIDE + x] = pixel + 4 * random();
      }
    }
  }
  return luma;
}

test("changingShare() is small where things move and large where the camera does", () => {
  expect(changingShare(footage(0), FPS)).toBeLessThan(0.2);
  expect(changingShare(footage(1), FPS)).toBeGreaterThan(0.9);
});

test("checkFixedCamera() takes a fixed camera and names the share of one that moves", () => {
  expect(() => checkFixedCamera(footage(0), FPS, "door")).not.toThrow();
  expect(() => checkFixedCamera(footage(1), FPS, "door")).toThrow(
    /^The camera of "door" moves: within a second \d+ % of the picture changes/,
  );
});

test("changingShare() of footage shorter than a second is none", () => {
  expect(changingShare(footage(1).subarray(0, 2 * SIDE * SIDE), FPS)).toBe(0);
});
