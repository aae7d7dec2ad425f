import { describe, expect, test } from "bun:test";
import type { FootageShortage } from "../../src/cascade/footage-shortage.ts";
import {
  countAppearances,
  formatNeeded,
  formatSeconds,
  splitSpans,
} from "../../src/cascade/spans.ts";
import { IGNORED } from "../../src/cascade/types.ts";
import { AipError } from "../../src/errors.ts";

const BUDGET = { falseNegatives: 0.01, falsePositives: 0.01 };

/** Frames of which every tenth run of ten is present. */
function footage(frames: number): Uint8Array {
  return Uint8Array.from({ length: frames }, (_, frame) => Number(frame % 100 < 10));
}

function refusal(truth: Uint8Array, budget = BUDGET): { code: string; message: string } {
  try {
    splitSpans({ truth, fps: 10, budget, object: "person" });
  } catch (error) {
    if (error instanceof AipError) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: "none", message: "" };
}

describe("splitSpans()", () => {
  test("cuts in the order of time, with a second left out in between", () => {
    const shares = [0.4, 0.1, 0.1, 0.4] as const;
    const options = { truth: footage(10_000), fps: 10, budget: BUDGET, object: "person", shares };
    const { training, validation, tuning, heldOut } = splitSpans(options);
    expect([training, validation, tuning, heldOut].map(({ from, to }) => [from, to])).toEqual([
      [0, 3990],
      [4000, 4990],
      [5000, 5990],
      [6000, 9990],
    ]);
  });

  test("footage without the object is refused", () => {
    const { code, message } = refusal(new Uint8Array(600));
    expect(code).toBe("object-absent");
    expect(message).toContain("no person in 60 seconds");
  });

  test("footage with nothing else is refused, ignored frames aside", () => {
    const truth = new Uint8Array(600).fill(1).fill(IGNORED, 0, 100);
    expect(refusal(truth).code).toBe("object-always-present");
  });

  test("short footage is refused with how much more is needed", () => {
    // Held-out 4200 − 10 frames hold 419 present at least: enough. A tenth of it is not.
    expect(refusal(footage(10_000)).code).toBe("none");
    const { code, message } = refusal(footage(1000));
    expect(code).toBe("footage-too-short");
    expect(message).toContain("100 seconds of footage are too short");
    expect(message).toContain("needs 299");
    // Its 410 held-out frames, 580 to 989, hold 40 present, so 299 need 3,064.75 frames; with the second
    // that is left out, 3,074.75 are 0.42 of 7,321. There are 1,000: 632.1 s more, or 10.5 minutes.
    expect(message).toContain("has 40 frames with a person");
    expect(message).toContain("about 11 minutes more");
  });

  test("of two kinds that lack the one is named that takes longer to come", () => {
    // Nine of ten frames show a person, so of the 410 held-out ones 40 do not: the rarer kind.
    const { message } = refusal(footage(1000).map((is) => 1 - is));
    expect(message).toContain("has 40 frames without a person, and needs 299");
    // Half as many frames: 205 with a person lack as well.
    const mostly = footage(500).map((is) => 1 - is);
    expect(refusal(mostly).message).toMatch(/has \d\d frames without a person, and needs 299/);
  });

  test("so much more as it asks for does, and a fifth less does not", () => {
    let needed = 0;
    try {
      splitSpans({ truth: footage(1000), fps: 10, budget: BUDGET, object: "person" });
    } catch (error) {
      needed = (error as FootageShortage).framesNeeded;
    }
    expect(needed).toBe(7321);
    expect(refusal(footage(needed)).code).toBe("none");
    expect(refusal(footage(0.8 * needed)).code).toBe("footage-too-short");
  });

  test("a part that has none of a kind needs more than its length", () => {
    // Validation is frames 600 to 749, and all of them show somebody. Of all frames 1,656 of 2,000 do
    // not: one in 2.42 where they come half as often. So 152.42 frames and the second that is left
    // out are 0.08 of 2,030.2.
    const truth = footage(2000).fill(1, 600, 760);
    const loose = { falseNegatives: 0.1, falsePositives: 0.1 };
    let error: unknown;
    try {
      splitSpans({ truth, fps: 10, budget: loose, object: "person" });
    } catch (thrown) {
      error = thrown;
    }
    expect((error as FootageShortage).message).toContain(
      "its validation part has 0 frames without a person, and needs 1",
    );
    expect((error as FootageShortage).framesNeeded).toBe(2031);
  });

  test("says how long footage is, not more", () => {
    // 20 frames at 15 a second are 1.33 s.
    const truth = new Uint8Array(20);
    const split = () => splitSpans({ truth, fps: 15, budget: BUDGET, object: "person" });
    expect(split).toThrow("shows no person in 1.3 seconds");
  });

  test("a looser budget needs less", () => {
    const loose = { falseNegatives: 0.1, falsePositives: 0.1 };
    // ln 0.05 / ln 0.9 = 28.4 frames of each kind
    expect(refusal(footage(2000), loose).code).toBe("none");
  });
});

test("countAppearances() counts those that are more than a second apart", () => {
  const truth = Uint8Array.from("1100110000000000001", Number);
  expect(countAppearances(truth, 5)).toBe(2);
});

test("formatSeconds() says it as people do, to the nearest", () => {
  const said = [1, 4 / 3, 40.4, 119.2, 139.4, 600, 9000].map((seconds) => formatSeconds(seconds));
  const short = ["1 second", "1.3 seconds", "40 seconds", "119 seconds"];
  expect(said).toEqual([...short, "2.3 minutes", "10 minutes", "2.5 hours"]);
});

test("formatNeeded() says no less than is needed", () => {
  const said = [1, 4 / 3, 40.4, 119.2, 139.4, 600, 9100].map((seconds) => formatNeeded(seconds));
  const short = ["1 second", "1.4 seconds", "41 seconds", "120 seconds"];
  expect(said).toEqual([...short, "2.4 minutes", "10 minutes", "2.6 hours"]);
});
