import { TRACK_ID, WORDS } from "../../src/layout/detection-words.ts";
import type { Stage } from "../../src/stage/stage.ts";
import type { FrameView, RunContext } from "../../src/types.ts";
import { testStageContract } from "./contract.ts";

/** Rewrites detections in place, as a tracker does. */
class Numbering implements Stage {
  readonly name = "numbering";
  #next = 0;

  process({ detectionCount, detectionsI32 }: FrameView): void {
    for (let index = 0; index < detectionCount; index += 1) {
      detectionsI32[index * WORDS + TRACK_ID] = this.#next;
      this.#next += 1;
    }
  }
}

/** Keeps the last frame's pixels, as one that compares pictures does. */
class Keeping implements Stage {
  readonly name = "keeping";
  #context: RunContext | undefined;
  #slotIndex = -1;

  open(context: RunContext): void {
    this.#context = context;
  }

  process(frame: FrameView): void {
    if (frame.slotIndex < 0) return;
    frame.hold();
    this.close();
    this.#slotIndex = frame.slotIndex;
  }

  close(): void {
    if (this.#slotIndex >= 0) this.#context?.release(this.#slotIndex);
    this.#slotIndex = -1;
  }
}

testStageContract("one that rewrites detections", () => new Numbering());
testStageContract("one that keeps a frame", () => new Keeping());
