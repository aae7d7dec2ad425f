import { afterAll, describe, expect, test } from "bun:test";
import { checkSpreadView, WholeView } from "../../src/learning/fixed-view.ts";
import { openFootage } from "../../src/learning/footage.ts";
import { trainCascade } from "../../src/learning/train.ts";
import { lookAt, stacked } from "../footage/textured-world.ts";
import { MediaFolder } from "../source/media.ts";
import { writeReference } from "./lit-street.ts";

const { signal } = new AbortController();
const media = new MediaFolder();
afterAll(() => media.remove());

/** A minute of soft blobs, of which a crop shows a part; a key frame each second. */
function footage(name: string, left: string): string {
  const world =
    "color=gray:s=50x30:r=10:d=0.1,format=gray,noise=c0s=100:c0f=u:c0_seed=3," +
    `scale=400x240:flags=bicubic,loop=loop=599:size=1,setpts=N/10/TB,crop=200:120:x='${left}':y=60`;
  return media.make(
    name,
    "-f",
    "lavfi",
    "-i",
    world,
    "-r",
    "10",
    "-g",
    "10",
    "-pix_fmt",
    "yuv420p",
  );
}

describe("checkSpreadView()", () => {
  test("says nothing of a camera that stands still, nor of the demo scene", async () => {
    const fixed = await openFootage(footage("fixed.mp4", "100"));
    expect(await checkSpreadView(fixed, signal)).toBeNull();
    const demo = await openFootage("demo:frames=100");
    expect(await checkSpreadView(demo, signal)).toBeNull();
  });

  test("says where one looks aside now and then", async () => {
    const turning = await openFootage(footage("turning.mp4", "100+if(gt(mod(t,20),17),40,0)"));
    expect(await checkSpreadView(turning, signal)).toMatch(
      /^The camera of "turning" looks elsewhere in 1\d % of the footage: by 20 % of the picture; /,
    );
  });

  test("ends at once when it is told to", async () => {
    const fixed = await openFootage(footage("other.mp4", "100"));
    const ended = AbortSignal.abort();
    expect(checkSpreadView(fixed, ended)).rejects.toMatchObject({ code: "interrupted" });
  });
});

describe("WholeView", () => {
  const door = { name: "door.mp4", fps: 10 };
  /** Looks aside in a fifth of the pictures, from the 80th on. */
  const turning = stacked(
    Array.from({ length: 200 }, (_, n) => lookAt({ x: n >= 80 && n % 10 < 2 ? 10 : 0 })),
  );

  test("judges by what was read, and then by all", () => {
    const view = new WholeView(door, turning);
    expect(view.check(80)).toBeNull();
    // 24 of 200 pictures.
    expect(view.check(200)).toMatch(/ looks elsewhere in 1[1-3] % of the footage: by 20 % /);
  });

  test("refuses a beginning that looks here and there, and one that changes all at once", () => {
    const swaying = stacked(Array.from({ length: 50 }, (_, n) => lookAt({ x: 15 * Math.sin(n) })));
    const view = new WholeView(door, stacked([swaying, turning]));
    expect(() => view.check(50)).toThrow("moves");
    const jumping = stacked(Array.from({ length: 4 }, (_, n) => lookAt({ x: 60 * (n % 2) })));
    expect(() => new WholeView({ ...door, fps: 4 }, jumping).check(4)).toThrow(
      "in 100 % of the time the whole picture changes at once",
    );
  });
});

test("trainCascade() refuses a camera that sways before it asks for any label", async () => {
  const source = footage("sway.mp4", "100+50*sin(t/4)");
  const stages: string[] = [];
  const training = trainCascade({
    ...{ source, model: writeReference(media.path), devices: "cpu", seed: 1, signal },
    question: { classes: ["person"], confidence: 0.5, region: null },
    budget: { falseNegatives: 0.1, falsePositives: 0.1 },
    output: media.file("sway.aip"),
    cache: media.file("cache"),
    events: {
      stage: (stage) => stages.push(stage),
      ...{ tell: () => undefined, training: () => undefined, read: () => undefined },
      pass: () => [],
    },
  });
  expect(await training.catch((error: unknown) => error)).toMatchObject({ code: "camera-moves" });
  expect(stages).toEqual([]);
}, 60_000);
