import { expect, test } from "bun:test";
import type { Span } from "../../src/cascade/spans.ts";
import { detectorKinds, emptyPicture } from "../../src/learning/detector-kinds.ts";

const BYTES = 2500;
const FRAMES = 40;
const SPAN: Span = { name: "training", from: 0, to: FRAMES };
/** There in every other ten frames. */
const TRUTH = Uint8Array.from({ length: FRAMES }, (_, frame) => Number(frame % 20 >= 10));

/** Grey 50; whoever is there is a bright corner, and something passes in a few frames without. */
function luma(): Uint8Array {
  const pixels = new Uint8Array(new SharedArrayBuffer(FRAMES * BYTES)).fill(50);
  for (let frame = 0; frame < FRAMES; frame += 1) {
    if (TRUTH[frame] === 1) {
      for (let y = 0; y < 10; y += 1)
        pixels.fill(200, frame * BYTES + y * 50, frame * BYTES + y * 50 + 10);
    }
    if (frame % 20 === 3) pixels.fill(250, frame * BYTES + 2000, (frame + 1) * BYTES);
  }
  return pixels;
}

test("emptyPicture() is the scene without the object, and without what passes by", () => {
  const picture = emptyPicture({ luma: luma(), truth: TRUTH, span: SPAN, fps: 5 });
  expect(new Set(picture)).toEqual(new Set([50]));
});

test("emptyPicture() is none where the object is always there", () => {
  const truth = new Uint8Array(FRAMES).fill(1);
  expect(emptyPicture({ luma: luma(), truth, span: SPAN, fps: 5 })).toBeNull();
});

test("detectorKinds() gives the block weight in which the object is", () => {
  const kinds = detectorKinds({ luma: luma(), truth: TRUTH, span: SPAN, fps: 5 });
  expect(
    kinds.map(({ mode, blocks }) => `${mode} ${blocks === null ? "plain" : "blocks"}`),
  ).toEqual(["earlier plain", "earlier blocks", "reference plain", "reference blocks"]);
  for (const { blocks } of kinds.filter((kind) => kind.blocks !== null)) {
    const weights = [...(blocks?.weights ?? [])];
    expect(weights.indexOf(Math.max(...weights))).toBeOneOf([0, 1, 10, 11]);
  }
});
