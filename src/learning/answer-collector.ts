import type { Sink } from "../sink/sink.ts";
import type { FrameAnswer, FrameView } from "../types.ts";

/** Frames the first arrays have room for; they double. */
const ROOM = 4096;

/** Keeps what a cascade says about each frame of one source, in order. */
export class AnswerCollector implements Sink {
  readonly name = "answers";
  readonly pixels = "none";
  /** Frames so far. */
  frames = 0;
  /** Frames without an answer: they failed or were dropped. */
  unanswered = 0;
  readonly levels: Record<FrameAnswer, number> = { reused: 0, specialized: 0, inferred: 0 };
  #present: Uint8Array = new Uint8Array(ROOM);
  #scores: Float32Array = new Float32Array(ROOM);

  /** 1 where a frame shows the object; one without an answer is as the one before it. */
  get present(): Uint8Array {
    return this.#present.subarray(0, this.frames);
  }

  /** How certain the level was that gave the answer, 0–1. */
  get scores(): Float32Array {
    return this.#scores.subarray(0, this.frames);
  }

  open(): void {}

  /** HOT: every frame. */
  write(frame: FrameView): void {
    if (this.frames === this.#present.length) this.#grow();
    const before = this.frames === 0 ? 0 : (this.#present[this.frames - 1] as number);
    const { present } = frame;
    if (present === undefined) this.unanswered += 1;
    else this.levels[frame.answer ?? "inferred"] += 1;
    this.#present[this.frames] = present === undefined ? before : Number(present);
    this.#scores[this.frames] = frame.score ?? before;
    this.frames += 1;
  }

  #grow(): void {
    const [present, scores] = [this.#present, this.#scores];
    this.#present = new Uint8Array(2 * this.frames);
    this.#present.set(present);
    this.#scores = new Float32Array(2 * this.frames);
    this.#scores.set(scores);
  }

  async close(): Promise<void> {}

  outputs(): readonly string[] {
    return [];
  }
}
