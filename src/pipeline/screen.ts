import type { CascadeLevels, Question } from "../cascade/types.ts";
import { EarlyAnswer, SlotHeader } from "../layout/layout.gen.ts";
import { DifferenceScreen } from "./screen-difference.ts";
import { NetworkScreen } from "./screen-network.ts";
import { ScriptScreen } from "./screen-script.ts";
import { type TapePlan, TapeScreen } from "./screen-tape.ts";
import { TurnScreen } from "./screen-turns.ts";

/** What an ingest worker screens frames with; plain data that a message can carry. */
export type ScreenPlan =
  | {
      readonly kind: "cascade";
      readonly levels: CascadeLevels;
      /** Part of the picture that counts; null for all of it. */
      readonly region: Question["region"];
    }
  | {
      /** Every frame is left to the reference model, and its thumbnails are kept on a tape. */
      readonly kind: "tape";
      readonly region: Question["region"];
      readonly tape: TapePlan;
    }
  | {
      /** Early answers by frame number, again and again, for benchmarks and tests. */
      readonly kind: "script";
      /** Values of `EarlyAnswer`. */
      readonly answers: readonly number[];
    };

/** What a screen needs of its thread. */
export interface ScreenContext {
  readonly arena: SharedArrayBuffer;
  /** Native address of the arena. */
  readonly arenaAddress: number;
  /** Where the source's slots begin in the arena, and bytes of each. */
  readonly slotsOffset: number;
  readonly slotBytes: number;
  /** Frames it may hold back at most, to look at them together. */
  readonly batchMax: number;
}

/**
 * One level of a cascade before the reference model. It blocks; every source has its own.
 *
 * Levels are asked one after the other until one has an answer. What a level has no answer for is
 * an anchor to it: the last frame that will get an answer of its own.
 */
export interface ScreenLevel {
  /**
   * Looks at the frame whose slot begins at `offset` of the arena. Returns its `EarlyAnswer`, or
   * `none` for the next level to decide.
   */
  look(offset: number, frameId: number): number;
  /** Writes what it has put off: answers of frames it looks at together. */
  flush?(): void;
  /** Forgets the frames before. */
  reset?(): void;
  close?(): void;
}

/**
 * The levels of a cascade before the reference model, one after the other. What they find stands in
 * the slots' headers, once `flush` has returned.
 */
export class Screen {
  readonly #levels: readonly ScreenLevel[];
  readonly #words: Int32Array;
  readonly #floats: Float32Array;

  constructor(levels: readonly ScreenLevel[], arena: SharedArrayBuffer) {
    this.#levels = levels;
    this.#words = new Int32Array(arena);
    this.#floats = new Float32Array(arena);
  }

  /** HOT: every frame, right after it was read into its slot. */
  look(offset: number, frameId: number): void {
    this.#floats[(offset + SlotHeader.score) / 4] = Number.NaN;
    this.#floats[(offset + SlotHeader.difference) / 4] = Number.NaN;
    let answer: number = EarlyAnswer.none;
    for (const level of this.#levels) {
      answer = level.look(offset, frameId);
      if (answer !== EarlyAnswer.none) break;
    }
    this.#words[(offset + SlotHeader.earlyAnswer) / 4] = answer;
  }

  /** Frames looked at so far have their answers. HOT. */
  flush(): void {
    for (const level of this.#levels) level.flush?.();
  }

  /** Forgets the frames before: the next one gets an answer of its own. */
  reset(): void {
    for (const level of this.#levels) level.reset?.();
  }

  close(): void {
    for (const level of this.#levels) level.close?.();
  }
}

/** @throws {AipError} where the network cannot be opened */
export function openScreen(plan: ScreenPlan, context: ScreenContext): Screen {
  return new Screen(openLevels(plan, context), context.arena);
}

function openLevels(plan: ScreenPlan, context: ScreenContext): ScreenLevel[] {
  if (plan.kind === "script") return [new ScriptScreen(plan.answers)];
  if (plan.kind === "tape") return [new TapeScreen(plan.tape, plan.region, context)];
  const { levels, region } = plan;
  const opened: ScreenLevel[] = [];
  if (levels.tSkip > 1) opened.push(new TurnScreen(levels.tSkip));
  if (levels.difference !== null) {
    opened.push(new DifferenceScreen(levels.difference, region, context));
  }
  if (levels.network !== null) opened.push(new NetworkScreen(levels.network, region, context));
  return opened;
}
