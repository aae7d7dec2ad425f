import { describe, expect, test } from "bun:test";
import {
  formatStage,
  formatStagePlain,
  StageLine,
  type StageState,
} from "../../src/cli/stage-line.ts";

const STATE: StageState = {
  share: 0.43,
  done: "1 of 5 networks done",
  leftMs: 185_000,
  atMost: true,
};

describe("formatStage()", () => {
  test("says how much, what, and how long at most", () => {
    // 0.43 of 22 cells are 18.9 halves.
    expect(formatStage(STATE, 80)).toBe(
      " ━━━━━━━━━╸──────────── 43 %   1 of 5 networks done   at most 3 min 5 s left",
    );
    expect(formatStagePlain(STATE)).toBe("43 %   1 of 5 networks done   at most 3 min 5 s left");
  });

  test("says what came of it so far, which goes after what is done, before the time", () => {
    const state = { ...STATE, figures: "mean loss 0.0123, AUC 0.9941" };
    expect(formatStagePlain(state)).toBe(
      "43 %   1 of 5 networks done   mean loss 0.0123, AUC 0.9941   at most 3 min 5 s left",
    );
    expect(formatStage(state, 120)).toBe(` ━━━━━━━━━╸──────────── ${formatStagePlain(state)}`);
    // 84 cells without the bar.
    expect(formatStage(state, 84)).toBe(` ${formatStagePlain(state)}`);
    // 61 without what is done; 0.43 of 17 cells are 14.6 halves.
    expect(formatStage(state, 79)).toBe(
      " ━━━━━━━╸───────── 43 %   mean loss 0.0123, AUC 0.9941   at most 3 min 5 s left",
    );
    expect(formatStage(state, 35)).toBe(" 43 %   at most 3 min 5 s left");
    for (let columns = 0; columns <= 120; columns += 1) {
      expect(Bun.stringWidth(formatStage(state, columns))).toBeLessThanOrEqual(columns);
    }
  });

  test("says nothing of a time that is unknown, or over", () => {
    const { atMost: _, ...state } = STATE;
    expect(formatStagePlain({ ...state, leftMs: null })).toBe("43 %   1 of 5 networks done");
    expect(formatStagePlain({ ...state, share: 1, leftMs: 0 })).toBe(
      "100 %   1 of 5 networks done",
    );
    expect(formatStagePlain({ ...state, leftMs: 1400 })).toEndWith("   2 s left");
  });

  test("never is wider than the terminal; the bar goes first, then what is done", () => {
    for (let columns = 0; columns <= 120; columns += 1) {
      expect(Bun.stringWidth(formatStage(STATE, columns))).toBeLessThanOrEqual(columns);
    }
    expect(formatStage(STATE, 55)).toBe(" 43 %   1 of 5 networks done   at most 3 min 5 s left");
    expect(formatStage(STATE, 40)).not.toContain("networks");
    expect(formatStage(STATE, 40)).toEndWith(" 43 %   at most 3 min 5 s left");
  });
});

/** A stream that remembers, and a clock that is set. */
function shown(isTTY: boolean) {
  const stream = {
    text: "",
    isTTY,
    columns: 60,
    write(text: string) {
      this.text += text;
    },
  };
  const clock = { ms: 0 };
  return { stream, clock, line: new StageLine({ stream, now: () => clock.ms }) };
}

describe("StageLine", () => {
  test("without a terminal writes a line for every tenth at most, and none within five seconds", () => {
    const slow = shown(false);
    for (let percent = 0; percent <= 100; percent += 1) {
      slow.clock.ms = 1000 * percent;
      slow.line.update({ share: percent / 100, done: "x", leftMs: null });
    }
    const tens = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
    expect(slow.stream.text.trimEnd().split("\n")).toEqual(
      tens.map((percent) => `            ${percent} %   x`),
    );
    const quick = shown(false);
    for (let percent = 0; percent <= 100; percent += 1) {
      quick.clock.ms = 70 * percent;
      quick.line.update({ share: percent / 100, done: "x", leftMs: null });
    }
    // After five seconds of the seven, once: at 72 %.
    expect(quick.stream.text).toBe("            72 %   x\n");
  });

  test("on a terminal has one line, drawn at most ten times a second, and takes it away", () => {
    const { stream, clock, line } = shown(true);
    for (clock.ms = 0; clock.ms < 1000; clock.ms += 10) {
      line.update({ share: clock.ms / 1000, done: "x", leftMs: null });
    }
    expect(stream.text.split("\r")).toHaveLength(1 + 10);
    expect(stream.text).not.toContain("\n");
    line.print("a message");
    expect(stream.text).toContain("\r\u001b[Ka message\n\r");
    line.close();
    expect(stream.text).toEndWith("\r\u001b[K");
  });

  test("reckons what is left by what it took so far", () => {
    const { clock, line } = shown(false);
    expect(line.leftMs(0)).toBeNull();
    clock.ms = 3000;
    // A quarter took 3 s: three more take 9 s.
    expect(line.leftMs(0.25)).toBeCloseTo(9000, 6);
  });
});
