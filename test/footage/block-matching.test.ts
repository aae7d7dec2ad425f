import { describe, expect, test } from "bun:test";
import { type ViewMovement, viewMovement, viewOf } from "../../src/footage/block-matching.ts";
import { mulberry32 } from "../../src/random.ts";
import { driveThrough, lookAt } from "./textured-world.ts";

const still = { pixels: 0, isMoved: false };

function movement(from: Uint8Array, to: Uint8Array): ViewMovement | null {
  return viewMovement(viewOf(from), viewOf(to));
}

describe("viewMovement()", () => {
  test("finds how far a camera has turned: 5 pixels across and 3 down are 5.83", () => {
    const found = movement(lookAt({}), lookAt({ x: 5, y: -3 }));
    expect(found).toEqual({ pixels: Math.hypot(5, 3), isMoved: true });
  });

  test("finds a zoom: by 1.2, half of the blocks lie 20 pixels from the middle or less, and go 4", () => {
    const found = movement(lookAt({}), lookAt({ zoom: 1.2 }));
    expect(found?.isMoved).toBe(true);
    expect(found?.pixels).toBeGreaterThan(3);
    expect(found?.pixels).toBeLessThan(5);
  });

  test("sees no movement in light that comes and goes", () => {
    expect(movement(lookAt({}), lookAt({ gain: 0.3, rise: 10 }))).toEqual(still);
    expect(movement(lookAt({ gain: 0.4 }), lookAt({ rise: 50 }))).toEqual(still);
  });

  test("nor in noise", () => {
    const random = mulberry32(3);
    const noisy = lookAt({}).map((value) => value + 40 * random() - 20);
    expect(movement(lookAt({}), noisy)).toEqual(still);
  });

  test("sees the view past a lorry that covers half of the picture", () => {
    expect(movement(lookAt({}), driveThrough(lookAt({}), 0, 30))).toEqual(still);
    const moved = movement(lookAt({}), driveThrough(lookAt({ x: 6 }), 17, 15));
    expect(moved?.isMoved).toBe(true);
    expect(moved?.pixels).toBeGreaterThan(5);
    expect(moved?.pixels).toBeLessThan(7);
  });

  test("takes a lorry that goes on for no movement, where the view shows behind it", () => {
    const [here, there] = [5, 11].map((left) => driveThrough(lookAt({}), left, 25));
    expect(movement(here as Uint8Array, there as Uint8Array)?.isMoved).toBe(false);
  });

  test("says nothing where pictures have nothing in common, or nothing to see", () => {
    expect(movement(lookAt({}), lookAt({ x: 60 }))).toBeNull();
    expect(movement(new Uint8Array(2500), new Uint8Array(2500))).toBeNull();
    expect(movement(lookAt({}), new Uint8Array(2500).fill(200))).toBeNull();
  });
});
