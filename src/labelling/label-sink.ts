import type { LabelledFrame, LabelStore } from "../cascade/labels/store.ts";
import { AipError, runtimeError, usageError } from "../errors.ts";
import { CLASS_ID, CONFIDENCE, WORDS, X1, X2, Y1, Y2 } from "../layout/detection-words.ts";
import type { Sink } from "../sink/sink.ts";
import type { FrameView, RunContext } from "../types.ts";

/** Frames committed together, at most, and how long the first of them may wait. */
const COMMIT_FRAMES = 256;
const COMMIT_MS = 500;

/** Writes a run's answers as labels. */
export class LabelSink implements Sink {
  readonly name = "labels";
  readonly pixels = "none";
  /** Frames committed by this run. */
  committed = 0;
  readonly #open: (classes: readonly string[]) => LabelStore;
  #store: LabelStore | undefined;
  #context: RunContext | undefined;
  #waiting: LabelledFrame[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #isBroken = false;

  /** @param open opens the labels, once the reference's classes are known */
  constructor(open: (classes: readonly string[]) => LabelStore) {
    this.#open = open;
  }

  open(context: RunContext): void {
    if (context.labels.length === 0) {
      const message =
        "Cannot label: no device here runs a detector; name one that does, such as cpu";
      throw usageError("labels-no-model", message);
    }
    this.#context = context;
    this.#store = this.#open(context.labels);
    this.#timer = setInterval(() => this.#commit(), COMMIT_MS);
  }

  write(frame: FrameView): void {
    if (this.#isBroken) return;
    const objects = frame.status === "ok" ? objectsOf(frame) : null;
    this.#waiting.push({ frame: frame.frameId, timeMs: frame.timeMs, objects });
    if (this.#waiting.length >= COMMIT_FRAMES) this.#commit();
  }

  async close(_complete: boolean): Promise<void> {
    clearInterval(this.#timer);
    this.#commit();
    this.#store?.[Symbol.dispose]();
    this.#store = undefined;
  }

  outputs(): readonly string[] {
    return this.#store === undefined ? [] : [this.#store.path];
  }

  #commit(): void {
    const frames = this.#waiting;
    if (frames.length === 0 || this.#isBroken) return;
    this.#waiting = [];
    try {
      this.#store?.append(frames);
      this.committed += frames.length;
    } catch (cause) {
      this.#isBroken = true;
      const isOurs = cause instanceof AipError;
      this.#context?.fail(isOurs ? cause : runtimeError("labels-failed", String(cause), cause));
    }
  }
}

function objectsOf({ detectionCount, detectionsF32: f32, detectionsI32: i32 }: FrameView) {
  return Array.from({ length: detectionCount }, (_, index) => {
    const at = index * WORDS;
    const value = (word: number): number => f32[at + word] as number;
    return {
      classId: i32[at + CLASS_ID] as number,
      confidence: value(CONFIDENCE),
      xyxy: [value(X1), value(Y1), value(X2), value(Y2)] as const,
    };
  });
}
