import type { Asked } from "../cascade/asked.ts";
import { WORDS } from "../layout/detection-words.ts";
import { DETECTION_COUNT_MAX, EarlyAnswer } from "../layout/layout.gen.ts";
import { type ArenaLayout, DETECTIONS_OFFSET, resultOffset } from "../ring/arena.ts";
import type { FrameAnswer } from "../types.ts";
import { isLastAnswer } from "./anchors.ts";
import type { EarlyAnswers } from "./early-answers.ts";
import type { EmittedFrame } from "./emitted-frame.ts";
import type { SlotTable } from "./slot-table.ts";

/** How the frames of a source were answered, level by level. */
export class LevelCounts {
  /** Not looked at: the last answer again. */
  skipped = 0;
  /** Looked at and unchanged: the last answer again. */
  unchanged = 0;
  /** Like the empty picture. */
  empty = 0;
  /** By the specialized network. */
  specialized = 0;
  /** By the reference model. */
  inferred = 0;
  /** Frames that show what is asked for. */
  present = 0;
}

/** The last answer of a source, which unchanged frames get again. */
class LastAnswer {
  present = false;
  score = 0;
  detectionCount = 0;
  readonly records: Int32Array = new Int32Array(DETECTION_COUNT_MAX * WORDS);
}

export interface CascadeAnswersOptions {
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  readonly slots: SlotTable;
  readonly early: EarlyAnswers;
  readonly asked: Asked;
  readonly sourceCount: number;
}

/**
 * Says which level of a cascade answered each frame, and what. Frames pass in the order in which
 * they leave, so that the last answer is known when a frame gets it again, although it may have
 * been under way when that frame came.
 */
export class CascadeAnswers {
  /** Per source. */
  readonly counts: readonly LevelCounts[];
  readonly #last: readonly LastAnswer[];
  readonly #slots: SlotTable;
  readonly #early: EarlyAnswers;
  readonly #asked: Asked;
  readonly #words: Int32Array;
  /** Where detection records lie in the arena, in 32-bit words. */
  readonly #records: Int32Array;

  constructor({ arena, layout, slots, early, asked, sourceCount }: CascadeAnswersOptions) {
    this.counts = Array.from({ length: sourceCount }, () => new LevelCounts());
    this.#last = Array.from({ length: sourceCount }, () => new LastAnswer());
    this.#slots = slots;
    this.#early = early;
    this.#asked = asked;
    this.#words = new Int32Array(arena);
    this.#records = Int32Array.from(
      { length: layout.resultCount },
      (_, result) => (resultOffset(layout, result) + DETECTIONS_OFFSET) / 4,
    );
  }

  /**
   * Gives the frame in `slot` a result block of its own where it has the last answer again, and
   * that one has boxes. Before the frame is shown. HOT.
   */
  fill(source: number, slot: number): void {
    const last = this.#last[source] as LastAnswer;
    if (last.detectionCount === 0 || !isLastAnswer(this.#early.answerOf(slot))) return;
    const result = this.#slots.answerHere(slot, last.detectionCount);
    const to = this.#records[result] as number;
    const wordCount = last.detectionCount * WORDS;
    for (let word = 0; word < wordCount; word += 1) {
      this.#words[to + word] = last.records[word] as number;
    }
  }

  /** Completes a frame that is shown, an answered one. HOT. */
  settle(frame: EmittedFrame): void {
    const last = this.#last[frame.sourceIndex] as LastAnswer;
    const counts = this.counts[frame.sourceIndex] as LevelCounts;
    frame.answer = this.#answer(frame, last, counts);
    frame.present = last.present;
    frame.score = last.score;
    if (last.present) counts.present += 1;
  }

  #answer(frame: EmittedFrame, last: LastAnswer, counts: LevelCounts): FrameAnswer {
    const early = this.#early.answerOf(frame.slotIndex);
    switch (early) {
      case EarlyAnswer.skipped:
        counts.skipped += 1;
        return "reused";
      case EarlyAnswer.unchanged:
        counts.unchanged += 1;
        return "reused";
      case EarlyAnswer.empty:
        counts.empty += 1;
        last.present = false;
        last.score = 0;
        last.detectionCount = 0;
        return "reused";
      case EarlyAnswer.absent:
      case EarlyAnswer.present:
        counts.specialized += 1;
        last.present = early === EarlyAnswer.present;
        last.score = this.#early.scoreOf(frame.slotIndex);
        last.detectionCount = 0;
        return "specialized";
      default:
        counts.inferred += 1;
        this.#remember(frame, last);
        return "inferred";
    }
  }

  /** Copied before any stage sees it: a tracker's numbers are of that frame alone. */
  #remember(frame: EmittedFrame, last: LastAnswer): void {
    last.score = this.#asked.scoreOf(frame);
    last.present = this.#asked.isPresent(last.score);
    last.detectionCount = frame.detectionCount;
    const words = frame.detectionCount * WORDS;
    for (let word = 0; word < words; word += 1) {
      last.records[word] = frame.detectionsI32[word] as number;
    }
  }
}
