import { afterAll, describe, expect, test } from "bun:test";
import { readFootage } from "../../src/footage/read-footage.ts";
import { checkFixedCamera, differenceStatistics } from "../../src/footage/statistics.ts";
import { mulberry32 } from "../../src/random.ts";
import { hasShared, videoPath } from "../e2e/shared.ts";
import { MediaFolder } from "../source/media.ts";

const SIDE = 50;

/** A textured world, 200 wide, of which pictures show a part. */
function world(): Uint8Array {
  const random = mulberry32(7);
  return Uint8Array.from({ length: 200 * SIDE }, () => 60 + 120 * random());
}

/** Pictures of it, each from a place `moved(n)` pixels to the right, changed by `paint`. */
function pictures(
  count: number,
  moved: (n: number) => number,
  paint: (picture: Uint8Array, n: number) => void = () => undefined,
): Uint8Array {
  const from = world();
  const luma = new Uint8Array(count * SIDE * SIDE);
  for (let n = 0; n < count; n += 1) {
    const picture = luma.subarray(n * SIDE * SIDE, (n + 1) * SIDE * SIDE);
    for (let at = 0; at < picture.length; at += 1) {
      const x = (at % SIDE) + moved(n);
      picture[at] = from[Math.floor(at / SIDE) * 200 + x] as number;
    }
    paint(picture, n);
  }
  return luma;
}

describe("differenceStatistics()", () => {
  test("tells a camera that pans", () => {
    const found = differenceStatistics(
      pictures(100, (n) => n),
      8,
    );
    expect(found.pairs).toBe(98);
    expect(found.movingShare).toBe(1);
    expect(() => checkFixedCamera("pan.mp4", found)).toThrow(
      'The camera of "pan.mp4" moves: in 100 % of the time the whole picture changes at once; ' +
        "a cascade needs a camera that stands still",
    );
  });

  test("tells a camera that stands still while much of its picture moves", () => {
    // A bright lorry, 30 of 50 pixels high and 20 wide, drives through.
    const drive = (picture: Uint8Array, n: number): void => {
      for (let y = 10; y < 40; y += 1)
        picture.fill(230, y * SIDE + (n % 30), y * SIDE + (n % 30) + 20);
    };
    const found = differenceStatistics(
      pictures(100, () => 0, drive),
      8,
    );
    expect(found.changedShare.p90).toBeGreaterThan(0.05);
    expect(found.movingShare).toBe(0);
    expect(() => checkFixedCamera("street.mp4", found)).not.toThrow();
  });

  test("takes light that comes and goes for no movement", () => {
    const dim = (picture: Uint8Array, n: number): void => {
      for (let at = 0; at < picture.length; at += 1)
        picture[at] = (picture[at] as number) + 2 * (n % 20);
    };
    const found = differenceStatistics(
      pictures(100, () => 0, dim),
      8,
    );
    expect(found.meanSquaredError.p50).toBe(16);
    expect(found.changedShare.p90).toBe(0);
  });

  test("says nothing of pictures without texture, or of a single one", () => {
    expect(differenceStatistics(new Uint8Array(20 * SIDE * SIDE), 8).movingShare).toBe(0);
    expect(differenceStatistics(new Uint8Array(SIDE * SIDE), 8)).toMatchObject({
      pairs: 0,
      movingShare: 0,
    });
  });
});

// The videos of `../shared` are of fixed cameras; they are skipped where it is missing.
describe.skipIf(!hasShared)("differenceStatistics() of real footage", () => {
  const media = new MediaFolder();
  afterAll(() => media.remove());
  const movingShare = async (spec: string): Promise<number> => {
    const { luma } = await readFootage({ spec, end: 400, region: null, sides: [] });
    return differenceStatistics(luma, 12).movingShare;
  };

  test("takes fixed cameras for fixed", async () => {
    expect(await movingShare(videoPath("car-detection"))).toBeLessThan(0.05);
    expect(await movingShare(videoPath("one-by-one-person-detection"))).toBeLessThan(0.05);
  });

  test("sees a crop that pans over one of them", async () => {
    const pan = "crop=iw*0.7:ih*0.7:(iw*0.3)*(0.5+0.5*sin(t*0.8)):ih*0.15";
    const from = videoPath("car-detection");
    const path = media.make("pan.mp4", "-i", from, "-vf", pan, "-preset", "ultrafast");
    expect(await movingShare(path)).toBeGreaterThan(0.8);
  });
});
