import { mulberry32 } from "../src/random.ts";
import type { LabelledPictures } from "../src/training/options.ts";

export interface CameraPicturesOptions {
  readonly count: number;
  /** Side in pixels. */
  readonly side: number;
  /** Share of the pictures that show the object, 0–1. */
  readonly presentShare: number;
  readonly seed: number;
}

/** Grey values that light and sensor add or take, at most. */
const NOISE = 14;
const LIGHT = 0.12;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Pictures of a made-up fixed camera: a background that is always the same, light that changes from
 * picture to picture, noise, cars that mean nothing, and in some a person, who may be as faint as the
 * noise. Equal options give equal pictures on every machine; the background is the same for all seeds.
 */
export function cameraPictures(options: CameraPicturesOptions): LabelledPictures {
  const { count, side, presentShare, seed } = options;
  const background = drawBackground(side);
  const random = mulberry32(seed);
  const pictureBytes = 3 * side * side;
  const images = new Uint8Array(new SharedArrayBuffer(count * pictureBytes));
  const labels = new Uint8Array(new SharedArrayBuffer(count));
  const scene = new Float32Array(pictureBytes);
  for (let picture = 0; picture < count; picture += 1) {
    scene.set(background);
    for (let cars = Math.floor(3 * random()); cars > 0; cars -= 1) drawCar(scene, side, random);
    const isPresent = random() < presentShare;
    if (isPresent) drawPerson(scene, side, random);
    labels[picture] = isPresent ? 1 : 0;
    const light = 1 + LIGHT * (2 * random() - 1);
    const target = new Uint8ClampedArray(images.buffer, picture * pictureBytes, pictureBytes);
    for (let index = 0; index < pictureBytes; index += 1) {
      target[index] = (scene[index] as number) * light + NOISE * (random() + random() - 1);
    }
  }
  return { images, labels };
}

/** Sky, houses in blocks, a street: each channel its own. */
function drawBackground(side: number): Float32Array {
  const random = mulberry32(0x5eed);
  const scene = new Float32Array(3 * side * side);
  const block = Math.max(1, Math.floor(side / 10));
  const blocks = Math.ceil(side / block);
  for (let channel = 0; channel < 3; channel += 1) {
    const greys = Array.from({ length: blocks * blocks }, () => 60 + 120 * random());
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        const grey = greys[Math.floor(y / block) * blocks + Math.floor(x / block)] as number;
        scene[(channel * side + y) * side + x] = grey + 20 * (random() - 0.5);
      }
    }
  }
  return scene;
}

function drawCar(scene: Float32Array, side: number, random: () => number): void {
  const width = side * (0.16 + 0.16 * random());
  const height = side * (0.08 + 0.06 * random());
  const x = (side - width) * random();
  const y = side * (0.4 + 0.45 * random());
  const colour = [0, 1, 2].map(() => 30 + 200 * random());
  blend(scene, side, { x, y, width, height }, colour, 1);
}

/** Head and body in one colour, legs darker. */
function drawPerson(scene: Float32Array, side: number, random: () => number): void {
  const height = side * (0.16 + 0.12 * random());
  const width = height * (0.3 + 0.1 * random());
  const x = (side - width) * random();
  const y = side * 0.3 + (side * 0.7 - height) * random();
  const colour = [0, 1, 2].map(() => 20 + 220 * random());
  const opacity = 0.25 + 0.75 * random();
  blend(scene, side, { x, y, width, height: 0.55 * height }, colour, opacity);
  const legs = { x, y: y + 0.55 * height, width, height: 0.45 * height };
  blend(scene, side, legs, [25, 25, 35], opacity);
}

function blend(
  scene: Float32Array,
  side: number,
  box: Box,
  colour: readonly number[],
  opacity: number,
): void {
  for (const [channel, value] of colour.entries()) {
    for (let y = Math.floor(box.y); y < Math.min(side, box.y + box.height); y += 1) {
      for (let x = Math.floor(box.x); x < Math.min(side, box.x + box.width); x += 1) {
        const index = (channel * side + y) * side + x;
        scene[index] = (1 - opacity) * (scene[index] as number) + opacity * value;
      }
    }
  }
}
