import { expect, test } from "bun:test";
import { drawBoxes } from "../../src/find/draw-boxes.ts";

const [WIDTH, HEIGHT] = [160, 120];
const GREY = 90;
const picture = {
  width: WIDTH,
  height: HEIGHT,
  pixels: new Uint8Array(3 * WIDTH * HEIGHT).fill(GREY),
};

/** Whether the pixel is no longer grey. */
const isDrawn = (pixels: Uint8Array, x: number, y: number): boolean =>
  pixels.subarray(3 * (y * WIDTH + x), 3 * (y * WIDTH + x) + 3).some((value) => value !== GREY);

test("drawBoxes() draws boxes where they are in a smaller picture, with their label", () => {
  // Four times as wide and twice as high: x 20 to 80, y 60 to 110.
  const size = { width: 4 * WIDTH, height: 2 * HEIGHT };
  const xyxy = [80, 120, 320, 220] as const;
  const box = { classId: 2, label: "cat", confidence: 0.9, xyxy };
  const { pixels } = drawBoxes(picture, [box], size);
  for (const [x, y] of [
    [20, 85],
    [80, 85],
    [50, 60],
    [50, 110],
  ] as const) {
    expect(isDrawn(pixels, x, y)).toBe(true);
  }
  // Nothing within, nothing beside; the label stands above the left corner.
  for (const [x, y] of [
    [50, 85],
    [10, 85],
    [90, 85],
    [50, 117],
  ] as const) {
    expect(isDrawn(pixels, x, y)).toBe(false);
  }
  expect(isDrawn(pixels, 25, 52)).toBe(true);
  const inked = (label: string): number => {
    const drawn = drawBoxes(picture, [{ ...box, label }], size).pixels;
    return Array.from({ length: WIDTH }, (_, x) => x).filter((x) => isDrawn(drawn, x, 52)).length;
  };
  expect(inked("wolverine")).toBeGreaterThan(inked("cat"));
  expect(picture.pixels.every((value) => value === GREY)).toBe(true);
});

test("drawBoxes() leaves a picture without boxes as it is", () => {
  expect(drawBoxes(picture, [], picture)).toEqual(picture);
});
