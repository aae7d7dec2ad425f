import { expect, test } from "bun:test";
import { FootageShortage } from "../../src/cascade/footage-shortage.ts";
import { CascadeKeeper, type CascadeKeeperOptions } from "../../src/pipeline/cascade-keeper.ts";
import type { EmittedFrame } from "../../src/pipeline/emitted-frame.ts";
import type { Retrainer } from "../../src/pipeline/retrainer.ts";
import { type RunCascade, runCascadeOf } from "../../src/pipeline/run-cascade.ts";
import type { ScreenPlan } from "../../src/pipeline/screen.ts";
import { TapePlaces } from "../../src/pipeline/screen-tape.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";

const RATE = { rate: 0.5, low: 0.4, high: 0.6, audited: 20, errors: 10 };

/** A keeper of one source at 10 frames a second, and a run that gives it frames. */
class Run {
  readonly keeper: CascadeKeeper;
  readonly #tapes: Uint32Array[] = [];
  readonly #shows: (frame: number) => boolean;
  #side = 0;
  #next = 0;

  /** @param shows a person; default: ten frames of every hundred do, a second each time */
  constructor(retrainer: Retrainer, shows = (frame: number): boolean => frame % 100 < 10) {
    this.#shows = shows;
    const change = (plan: ScreenPlan): void => {
      if (plan.kind !== "tape") return;
      this.#side = plan.tape.side;
      this.#tapes.push(new Uint32Array(plan.tape.memory));
    };
    const file = { ...sampleCascade(), budgets: { maxFn: 0.1, maxFp: 0.1 } };
    const audit = { report: { falseNegatives: RATE }, rearm: () => undefined };
    this.keeper = new CascadeKeeper({
      mode: "auto",
      retrainer,
      writer: () => Promise.resolve("written"),
      cascade: runCascadeOf("door.aip", file),
      // What it asks of its sources, and no more.
      runners: [
        { source: { name: "door" }, place: { firstSlot: 0, slotCount: 1 }, screening: { change } },
      ],
      audits: [{ audit, pause: () => undefined, follow: () => undefined }],
      fps: [10],
      onNote: () => undefined,
      labelsBytes: 2 ** 26,
      labelsMin: 1000,
    } as unknown as CascadeKeeperOptions);
    this.keeper.drifted(0, "falseNegatives");
  }

  async frames(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1, this.#next += 1) {
      const places = new TapePlaces(this.#side);
      for (const tape of this.#tapes) tape[places.frame(0) / 4] = this.#next + 1;
      this.keeper.left({
        ...{ sourceIndex: 0, slotIndex: 0, status: "ok" },
        ...{ frameId: this.#next, timeMs: 100 * this.#next, present: this.#shows(this.#next) },
      } as EmittedFrame);
      // Trainings under way go on.
      if (at % 10 === 0) await Bun.sleep(0);
    }
  }

  get refusals(): string[] {
    const refused = this.keeper.events.filter(({ kind }) => kind === "refused");
    return refused.map(({ text }) => text);
  }
}

const NEW: RunCascade = runCascadeOf("door.aip", sampleCascade());

test("no training begins that counting shows to be in vain, and one does once there are enough", async () => {
  const counts: number[] = [];
  const run = new Run(({ footage }) => {
    counts.push(footage.count);
    return Promise.resolve(NEW);
  });
  await run.frames(2000);
  // Training has the first 0.3 of the frames less a second, and needs 50 with a person: those of five
  // appearances, the last at frames 400 to 409. So 420 are 0.3 of 1,400, and a tenth more is 1,540.
  expect(counts).toHaveLength(1);
  expect(counts[0]).toBeGreaterThanOrEqual(1400);
  expect(counts[0]).toBeLessThanOrEqual(1540);
  // It is told once, not at every count.
  expect(run.refusals).toHaveLength(1);
  expect(run.refusals[0]).toStartWith("no new cascade yet: 100 seconds of footage are too short");
  expect(run.refusals[0]).toEndWith("; it is trained as soon as there are enough");
  expect(run.keeper.events.at(-1)?.kind).toBe("retrained");
});

test("what is lacking is told again where it still is with half as many labels more", async () => {
  const run = new Run(
    () => Promise.reject(new Error("nobody asks for it")),
    () => false,
  );
  // They are counted at 1,000, 1,100, 1,210, 1,331, 1,465 and 1,612 frames, and so on to 1,953.
  await run.frames(2000);
  expect(run.refusals).toHaveLength(2);
  expect(run.refusals[0]).toContain("shows no person in 100 seconds");
  expect(run.refusals[1]).toContain("shows no person in 2.7 minutes");
  // At the end once more, and that nothing follows.
  await run.keeper.finish();
  expect(run.refusals).toHaveLength(3);
  expect(run.refusals[2]).toEndWith("give footage that shows one several times");
  expect(run.keeper.events.at(-1)?.kind).toBe("abandoned");
});

test("a run that ends counts what it has once more", async () => {
  const counts: number[] = [];
  const run = new Run(({ footage }) => {
    counts.push(footage.count);
    return Promise.resolve(NEW);
  });
  // It was counted at 1,331 at the latest, and would be at 1,465 at the latest.
  await run.frames(1400);
  const before = counts.length;
  await run.keeper.finish();
  expect([before, counts]).toEqual([before, [1400]]);
  expect(run.keeper.events.at(-1)?.kind).toBe("retrained");
});

test("where a training finds that more is needed, it says when it tries again and why then", async () => {
  const run = new Run(() =>
    Promise.reject(
      new FootageShortage("claim-unsupported", "about 10 minutes more would be needed", 8000),
    ),
  );
  await run.frames(1600);
  const begun = run.refusals.at(-1) ?? "";
  // Twice as many as there were, however many are needed.
  expect(begun).toMatch(
    /^no new cascade yet: about 10 minutes more would be needed; next try in \S+ minutes, at 2,[89]\d\d frames: less may do by then$/,
  );
});

test("Ctrl-C ends the run without another try", async () => {
  let trainings = 0;
  const run = new Run(({ signal }) => {
    trainings += 1;
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
  await run.frames(2500);
  run.keeper.close();
  await run.keeper.finish();
  expect(trainings).toBe(1);
  expect(run.keeper.events.at(-1)?.kind).toBe("abandoned");
});
