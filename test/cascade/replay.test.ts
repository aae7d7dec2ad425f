import { describe, expect, test } from "bun:test";
import { countErrors, NO_ANCHOR, replayAnswers, replayGate } from "../../src/cascade/replay.ts";
import { IGNORED } from "../../src/cascade/types.ts";

/** Pictures by letter: equal letters differ by 0, others by 10. `.` is the empty picture. */
const differ = (pictures: string) => (frame: number, anchor: number) =>
  pictures[frame] === (anchor === NO_ANCHOR ? "." : pictures[anchor]) ? 0 : 10;

const bits = (text: string): Uint8Array => Uint8Array.from(text, Number);

describe("replayGate()", () => {
  const anchorsOf = (pictures: string, tSkip: number, mode: "earlier" | "reference" = "earlier") =>
    [
      ...replayGate({
        frames: pictures.length,
        tSkip,
        tDiff: 5,
        difference: differ(pictures),
        mode,
      }),
    ].map((anchor) => (anchor === NO_ANCHOR ? "-" : anchor));

  test("a frame like its anchor has the anchor's answer", () => {
    expect(anchorsOf("aabbba", 1)).toEqual([0, 0, 2, 2, 2, 5]);
  });

  test("frames between those looked at have the last answer", () => {
    expect(anchorsOf("aabbba", 2)).toEqual([0, 0, 2, 2, 2, 2]);
  });

  test("differences to the anchor add up: slow changes are noticed", () => {
    const content = [0, 2, 4, 6, 8, 10];
    const anchors = replayGate({
      frames: 6,
      tSkip: 1,
      tDiff: 5,
      difference: (frame, anchor) => (content[frame] as number) - (content[anchor] as number),
    });
    expect([...anchors]).toEqual([0, 0, 0, 3, 3, 3]);
  });

  test("against the empty picture, everything else answers for itself", () => {
    expect(anchorsOf(".aa.b", 1, "reference")).toEqual(["-", 1, 2, "-", 4]);
  });

  test("without a difference detector every frame looked at answers for itself", () => {
    const anchors = replayGate({ frames: 5, tSkip: 2, tDiff: null, difference: () => 0 });
    expect([...anchors]).toEqual([0, 0, 2, 2, 4]);
  });
});

describe("replayAnswers()", () => {
  test("scores below c_low are absent, above c_high present, others the reference's", () => {
    const { answers, present, counts } = replayAnswers({
      anchors: Uint32Array.of(0, 1, 2, 3, 3),
      scores: Float32Array.of(0.1, 0.9, 0.5, 0.25, 0),
      cLow: 0.25,
      cHigh: 0.75,
      reference: bits("10110"),
    });
    expect([...answers]).toEqual([1, 1, 2, 2, 0]);
    expect([...present]).toEqual([0, 1, 1, 1, 1]);
    expect(counts).toEqual({ reused: 1, specialized: 2, inferred: 2 });
  });

  test("a standing object does not vanish: frames that do not change keep its answer", () => {
    const pictures = "..aaaaaa..";
    const anchors = replayGate({
      frames: pictures.length,
      tSkip: 1,
      tDiff: 5,
      difference: differ(pictures),
    });
    const reference = bits("0011111100");
    const { present, counts } = replayAnswers({
      anchors,
      scores: null,
      cLow: 0,
      cHigh: 1,
      reference,
    });
    expect([...present]).toEqual([...reference]);
    expect(counts).toEqual({ reused: 7, specialized: 0, inferred: 3 });
  });
});

test("countErrors() leaves out what is ignored", () => {
  const truth = Uint8Array.of(1, 1, 0, 0, IGNORED, IGNORED);
  expect(countErrors(bits("100101"), truth)).toEqual({
    falseNegatives: 1,
    present: 2,
    falsePositives: 1,
    absent: 2,
  });
});
