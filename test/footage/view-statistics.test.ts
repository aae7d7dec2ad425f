import { afterAll, describe, expect, spyOn, test } from "bun:test";
import * as matching from "../../src/footage/block-matching.ts";
import { readFootage } from "../../src/footage/read-footage.ts";
import {
  checkFixedView,
  SpreadViews,
  spreadFrames,
  type ViewStatistics,
  viewStatistics,
} from "../../src/footage/view-statistics.ts";
import { mulberry32 } from "../../src/random.ts";
import { hasShared, videoPath } from "../e2e/shared.ts";
import { MediaFolder } from "../source/media.ts";
import { driveThrough, type Look, lookAt, stacked } from "./textured-world.ts";

const COUNT = 160;

function viewsOf(lookOf: (n: number) => Look, length = 50): ViewStatistics {
  return viewStatistics(stacked(Array.from({ length }, (_, n) => lookAt(lookOf(n)))));
}

describe("spreadFrames()", () => {
  test("takes one of each stretch, by multiples of the golden ratio", () => {
    // 25 × 0, 1.618, 2.236 and 3.854.
    expect([...spreadFrames(100, 4)]).toEqual([0, 40, 55, 96]);
  });

  test("takes all where there are no more", () => {
    expect([...spreadFrames(3, 4)]).toEqual([0, 1, 2]);
  });
});

describe("viewStatistics()", () => {
  test("tells a camera that sways slowly", () => {
    const swaying = viewsOf((n) => ({ x: 15 * Math.sin(n / 3) }));
    expect(swaying.asideShare).toBeGreaterThan(0.8);
    expect(() => checkFixedView("sway.mp4", swaying)).toThrow(
      /^The camera of "sway.mp4" moves: \d+ % of the pictures spread over the footage show another/,
    );
  });

  test("tells a camera that zooms to and fro", () => {
    const zooming = viewsOf((n) => ({ zoom: 1.2 + 0.2 * Math.sin(n / 3) }));
    expect(() => checkFixedView("zoom.mp4", zooming)).toThrow("needs a camera that stands still");
  });

  test("tells one that shakes", () => {
    const random = mulberry32(5);
    const shaking = viewsOf(() => ({ x: 8 * random() - 4, y: 8 * random() - 4 }));
    expect(() => checkFixedView("shake.mp4", shaking)).toThrow("needs a camera that stands still");
  });

  test("says how much of the time a camera looks aside: 8 of 160 pictures, 10 of 50 pixels", () => {
    const turning = viewsOf((n) => ({ x: n % 20 === 7 ? 10 : 0 }), COUNT);
    expect(turning).toEqual({ judged: COUNT, asideShare: 0.05, movement: 0.2 });
    expect(checkFixedView("door.mp4", turning)).toBe(
      'The camera of "door.mp4" looks elsewhere in 5 % of the footage: by 20 % of the picture; ' +
        "a cascade saves most with one that stands still",
    );
  });

  test("never refuses one that stands still, in day and night, noise and traffic", () => {
    const random = mulberry32(9);
    const pictures = Array.from({ length: COUNT }, (_, n) => {
      const light = 0.55 + 0.45 * Math.sin(n / 25);
      const view = lookAt({ gain: light, rise: 20 - 20 * light });
      const seen = n % 3 === 0 ? driveThrough(view, (7 * n) % 30, 20) : view;
      return seen.map((value) => Math.max(0, Math.min(255, value + 10 * random() - 5)));
    });
    const fixed = viewStatistics(stacked(pictures));
    expect(fixed.judged).toBeGreaterThan(100);
    expect(fixed.asideShare).toBe(0);
    expect(checkFixedView("street.mp4", fixed)).toBeNull();
  });

  test("says nothing of few pictures, or of such without texture", () => {
    const few = [0, 9, 0, 9, 0].map((x) => lookAt({ x }));
    expect(viewStatistics(stacked(few)).asideShare).toBe(0);
    expect(viewStatistics(new Uint8Array())).toEqual({ judged: 0, asideShare: 0, movement: 0 });
    expect(viewStatistics(new Uint8Array(COUNT * 2500)).judged).toBe(0);
  });
});

describe("SpreadViews", () => {
  const LENGTH = 400;
  const turning = stacked(
    Array.from({ length: LENGTH }, (_, n) => lookAt({ x: n % 25 < 4 ? 10 : 0 })),
  );
  const read = Math.floor(0.38 * LENGTH);

  test("says of a beginning what the same pictures say alone, and never looks further", () => {
    const first = [...spreadFrames(LENGTH, COUNT)].filter((frame) => frame < read);
    const alone = viewStatistics(
      stacked(first.map((frame) => turning.slice(frame * 2500, (frame + 1) * 2500))),
    );
    const unread = turning.slice().fill(0, read * 2500);
    expect(alone.asideShare).toBeGreaterThan(0.1);
    expect(new SpreadViews(unread).upTo(read)).toEqual(alone);
  });

  test("says of all what it would have said at once, and compares no two pictures twice", () => {
    const matched = spyOn(matching, "viewMovement");
    const made = spyOn(matching, "viewOf");
    const filled = new Uint8Array(turning.length);
    const views = new SpreadViews(filled);
    filled.set(turning.subarray(0, read * 2500));
    views.upTo(read);
    filled.set(turning);
    const all = views.upTo(LENGTH);
    const pairs = matched.mock.calls.map(([one, other]) => [one, other] as const);
    const pictures = made.mock.calls.length;
    matched.mockRestore();
    made.mockRestore();
    expect(all).toEqual(viewStatistics(turning));
    const others = new Map<matching.View, Set<matching.View>>();
    for (const [one, other] of pairs) {
      others.set(one, (others.get(one) ?? new Set()).add(other));
    }
    const distinct = [...others.values()].reduce((sum, { size }) => sum + size, 0);
    // 12 after each, half around the ring once: 11 · 160 + 80; and those of the beginning.
    expect(pairs.length).toBe(distinct);
    expect(pairs.length).toBeGreaterThan(11.5 * COUNT);
    expect(pictures).toBe(COUNT);
  });
});

describe("viewStatistics() of the demo scene", () => {
  test("takes its days and nights for a fixed camera's", async () => {
    const spec = "demo:size=320x180:frames=1500:fps=5";
    const { luma } = await readFootage({ spec, end: 1500, region: null, sides: [] });
    expect(viewStatistics(luma)).toMatchObject({ asideShare: 0 });
  }, 60_000);
});

// The videos of `../shared` are of fixed cameras; they are skipped where it is missing.
describe.skipIf(!hasShared)("viewStatistics() of real footage", () => {
  const media = new MediaFolder();
  afterAll(() => media.remove());
  const viewsIn = async (spec: string): Promise<ViewStatistics> => {
    const { luma } = await readFootage({ spec, end: 1500, region: null, sides: [] });
    return viewStatistics(luma);
  };

  test("takes fixed cameras for fixed", async () => {
    expect((await viewsIn(videoPath("car-detection"))).asideShare).toBe(0);
    expect((await viewsIn(videoPath("one-by-one-person-detection"))).asideShare).toBe(0);
  });

  test("sees a crop that goes to and fro over one of them, once in two minutes", async () => {
    const pan = "crop=iw*0.7:ih*0.7:(iw*0.3)*(0.5+0.5*sin(t*0.05)):ih*0.15";
    const from = videoPath("one-by-one-person-detection");
    const path = media.make("pan.mp4", "-i", from, "-vf", pan, "-preset", "ultrafast");
    const views = await viewsIn(path);
    expect(() => checkFixedView("pan.mp4", views)).toThrow("moves");
  }, 60_000);
});
