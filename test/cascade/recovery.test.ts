import { describe, expect, test } from "bun:test";
import { Recovery, type RecoveryEvent, type RetrainMode } from "../../src/cascade/recovery.ts";

const ACTIONS = { none: ".", warn: "w", "fall-back": "F", train: "T", "come-back": "C" } as const;

/**
 * Plays events: `d` drift, digits are labelled frames in all, in hundreds, `t` trained, `r` refused,
 * `x` failed. Returns actions by letter, and the state at the end.
 */
function play(events: string, mode: RetrainMode = "auto"): string {
  const recovery = new Recovery({ mode, framesMin: 300, framesMax: 600 });
  const eventOf = (letter: string): RecoveryEvent => {
    if (letter === "d") return { kind: "drift" };
    if (letter === "t") return { kind: "trained" };
    if (letter === "r") return { kind: "refused", framesNeeded: 0 };
    if (letter === "x") return { kind: "failed" };
    return { kind: "labelled", frames: 100 * Number.parseInt(letter, 36) };
  };
  const actions = [...events].map((letter) => ACTIONS[recovery.next(eventOf(letter))]);
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
