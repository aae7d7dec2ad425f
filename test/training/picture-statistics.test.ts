import { describe, expect, test } from "bun:test";
import { mulberry32 } from "../../src/random.ts";
import { Foreground, pictureStatistics } from "../../src/training/picture-statistics.ts";

const absent = (count: number): Uint8Array => new Uint8Array(count);

describe("pictureStatistics()", () => {
  test("is the mean picture without the object, and one over the deviation of the rest", () => {
    // Without it 10, 100, 40; with it pixels are 10, 0 and 20 off: their mean square is 500/3, half of that over both.
    const images = Uint8Array.of(10, 100, 40, 20, 100, 60);
    const { mean, light, scale } = pictureStatistics({ images, labels: Uint8Array.of(0, 1) });
    expect([...mean]).toEqual([10, 100, 40]);
    expect(light).toEqual([]);
    expect(scale).toBeCloseTo(1 / Math.sqrt(500 / 6), 12);
  });

  test("does not blow up noise", () => {
    const images = Uint8Array.of(7, 7, 8, 7);
    expect(pictureStatistics({ images, labels: Uint8Array.of(1, 0) }).scale).toBe(1 / 4);
  });

  test("finds the light as the one direction in which whole pictures move", () => {
    // A street under light of 40 to 100 %, with a little noise.
    const random = mulberry32(3);
    const street = Array.from({ length: 48 }, () => 40 + 160 * random());
    const lights = Array.from({ length: 60 }, () => 0.4 + 0.6 * random());
    const images = Uint8Array.from(
      lights.flatMap((amount) => street.map((value) => amount * value + 2 * random())),
    );
    const { light, mean } = pictureStatistics({ images, labels: absent(60) });
    expect(light).toHaveLength(1);
    const [direction = new Float32Array()] = light;
    const length = Math.hypot(...street);
    const along = direction.reduce(
      (sum, value, at) => sum + (value * (street[at] as number)) / length,
      0,
    );
    expect(Math.abs(along)).toBeGreaterThan(0.999);
    // What it leaves of a darker picture than any of these is hardly anything …
    const foreground = new Foreground({ mean, light });
    const dark = Uint8Array.from(street, (value) => 0.3 * value + 1);
    expect(Math.max(...foreground.of(dark).map(Math.abs))).toBeLessThan(3);
    // … and of a spot almost all, where it is.
    dark[20] = (dark[20] as number) + 100;
    const rest = [...foreground.of(dark)];
    expect(rest[20]).toBeGreaterThan(85);
    expect(rest.filter((value) => Math.abs(value) > 25)).toHaveLength(1);
  });

  test("takes no traffic for light", () => {
    // One bright spot a picture, each time elsewhere: no direction explains half of that.
    const images = new Uint8Array(40 * 48).fill(100);
    for (let picture = 0; picture < 40; picture += 1) images[picture * 48 + picture] = 250;
    expect(pictureStatistics({ images, labels: absent(40) }).light).toEqual([]);
  });

  test("learns mean and light from pictures without the object alone", () => {
    const images = new Uint8Array(20 * 12).fill(100);
    for (let picture = 0; picture < 10; picture += 1) {
      images.fill(200, picture * 12, picture * 12 + 6);
    }
    const labels = Uint8Array.from({ length: 20 }, (_, picture) => Number(picture < 10));
    const { mean, light } = pictureStatistics({ images, labels });
    expect([...mean]).toEqual(Array(12).fill(100));
    expect(light).toEqual([]);
  });
});
