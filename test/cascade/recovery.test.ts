import { describe, expect, test } from "bun:test";
import { Recovery, type RecoveryEvent, type RetrainMode } from "../../src/cascade/recovery.ts";

const ACTIONS = {
  none: ".",
  warn: "w",
  "fall-back": "F",
  train: "T",
  "come-back": "C",
  "give-up": "G",
} as const;

/**
 * Plays events: `d` drift, digits are labelled frames in all, in hundreds, `t` trained, `r` refused,
 * `l` lacking, `x` failed, `e9` the end with 900 labelled frames. Returns actions by letter, and the
 * state at the end.
 */
function play(events: string, mode: RetrainMode = "auto"): string {
  const recovery = new Recovery({ mode, framesMin: 300, framesMax: 600 });
  const eventOf = (letter: string): RecoveryEvent => {
    if (letter === "d") return { kind: "drift" };
    if (letter === "t") return { kind: "trained" };
    if (letter === "r") return { kind: "refused", framesNeeded: 0 };
    if (letter === "l") return { kind: "lacking", framesNeeded: 0 };
    if (letter === "x") return { kind: "failed" };
    const frames = 100 * Number.parseInt(letter.at(-1) as string, 36);
    return letter.startsWith("e") ? { kind: "ended", frames } : { kind: "labelled", frames };
  };
  const letters = events.match(/e.|./g) ?? [];
  const actions = letters.map((letter) => ACTIONS[recovery.next(eventOf(letter))]);
  return `${actions.join("")} ${recovery.state}`;
}

describe("Recovery", () => {
  test("falls back, labels, trains and comes back", () => {
    expect(play("d123t")).toBe("F..TC watching");
  });

  test("drifts again, and begins again with no labels", () => {
    expect(play("d3td2")).toBe("FTCF. labelling");
  });

  test("after a refusal it gathers half as many again, up to the most that are kept", () => {
    expect(play("d3r45r6")).toBe("FT..T.T training");
  });

  test("where all that are kept were not enough, it tries again once all are new", () => {
    expect(play("d3r5r6rbc")).toBe("FT.T.T..T training");
  });

  test("a failed training is tried again like a refused one", () => {
    expect(play("d3x5t")).toBe("FT.TC watching");
  });

  test("a run that ends during a training tries once more with all that were labelled meanwhile", () => {
    // 300 are refused, and 450 wanted. With all 600 it holds.
    expect(play("d3e6rt")).toBe("FT.TC watching");
  });

  test("a run that ends during a training gives up where fewer are labelled than wanted", () => {
    expect(play("d3e4r")).toBe("FT.G labelling");
  });

  test("after the end it tries until a refusal wants more than there are", () => {
    // More than the 600 that are kept: an attempt has no other labels than the one before.
    expect(play("d3e6rr")).toBe("FT.TG labelling");
    expect(play("d3e9rr")).toBe("FT.TG labelling");
  });

  test("a run that ends while labelling tries what is there only where it is as many as wanted", () => {
    expect(play("d2e2")).toBe("F.G labelling");
    expect(play("d3r4e4")).toBe("FT..G labelling");
    expect(play("d3r4e5")).toBe("FT..T training");
  });

  test("a run that ends with a cascade at work ends", () => {
    expect(play("d3te9d")).toBe("FTC.. watching");
  });

  test("what was too little by counting is counted again after a tenth more", () => {
    expect(play("d3l4l5t")).toBe("FT.T.TC watching");
    const recovery = new Recovery({ mode: "auto", framesMin: 100, framesMax: 1000 });
    const wantedAfter = (frames: number, framesNeeded: number): number => {
      recovery.next({ kind: "labelled", frames });
      recovery.next({ kind: "lacking", framesNeeded });
      return recovery.framesWanted;
    };
    recovery.next({ kind: "drift" });
    expect(wantedAfter(100, 104)).toBe(104);
    expect(wantedAfter(200, 5000)).toBe(220);
    // No later than where a tenth of all that are kept is new.
    expect(wantedAfter(5000, 0)).toBe(5100);
  });

  test("at the end they are counted once more, however few are new", () => {
    const recovery = new Recovery({ mode: "auto", framesMin: 100, framesMax: 1000 });
    recovery.next({ kind: "drift" });
    recovery.next({ kind: "labelled", frames: 100 });
    recovery.next({ kind: "lacking", framesNeeded: 0 });
    expect(recovery.next({ kind: "ended", frames: 101 })).toBe("train");
    expect(recovery.next({ kind: "lacking", framesNeeded: 0 })).toBe("give-up");
  });

  test("while the reference answers there is no drift", () => {
    expect(play("dd3d")).toBe("F.T. training");
  });

  test("a network that is trained for nobody is not taken", () => {
    expect(play("t")).toBe(". watching");
  });

  test("with warn it says so and goes on", () => {
    expect(play("d3d", "warn")).toBe("w.w watching");
  });

  test("with off it does nothing", () => {
    expect(play("d3d", "off")).toBe("... watching");
  });

  test.each([
    [180, 180],
    // With more to go by it may find that less will do.
    [700, 200],
    [110, 150],
  ])("a refusal that says that %d are needed has it try again at %d", (framesNeeded, wanted) => {
    const recovery = new Recovery({ mode: "auto", framesMin: 100, framesMax: 1000 });
    recovery.next({ kind: "drift" });
    recovery.next({ kind: "labelled", frames: 100 });
    recovery.next({ kind: "refused", framesNeeded });
    expect(recovery.framesWanted).toBe(wanted);
  });

  test("limits that cannot be are refused", () => {
    expect(() => new Recovery({ mode: "auto", framesMin: 5, framesMax: 4 })).toThrow(RangeError);
  });
});
