import { SlotHeader } from "../../src/layout/layout.gen.ts";
import { patternSource } from "../../src/source/pattern.ts";
import type { Source } from "../../src/source/source.ts";
import type { Stage } from "../../src/stage/stage.ts";
import type { FrameView, RunContext } from "../../src/types.ts";

/** What became of the frames of one source, as a stage saw them leave. */
export interface Seen {
  readonly ids: number[];
  readonly statuses: string[];
  /** Frames whose pixels were not the ones their number says. */
  readonly torn: number[];
}

/**
 * A stage that checks every frame on its way out: its number, and every word of its pixels, which a
 * pattern source fills with that number.
 */
export class PatternCheck implements Stage {
  readonly name = "pattern-check";
  readonly seen: Seen[] = [];
  #words: Uint32Array = new Uint32Array(0);
  #context: RunContext | undefined;

  open(context: RunContext): void {
    this.#context = context;
    this.#words = new Uint32Array(context.arena);
    for (const _ of context.sources) this.seen.push({ ids: [], statuses: [], torn: [] });
  }

  process(frame: FrameView): void {
    const seen = this.seen[frame.sourceIndex] as Seen;
    seen.ids.push(frame.frameId);
    seen.statuses.push(frame.status);
    if (frame.slotIndex < 0) return;
    const slot = this.#context?.slotOffsetBytes(frame.slotIndex) as number;
    const start = (slot + SlotHeader.sizeBytes) / 4;
    const wordCount = Math.floor((frame.width * frame.height * 3) / 4);
    for (let word = start; word < start + wordCount; word += 1) {
      if (this.#words[word] !== frame.frameId) {
        seen.torn.push(frame.frameId);
        return;
      }
    }
  }
}

/** Small pictures, so that a test sees many frames. */
export function pattern(frameCount: number, name = "pattern"): Source {
  return { ...patternSource({ width: 32, height: 8, frameCount, write: true }), name };
}

/** 0, 1, 2 … count - 1. */
export function ids(count: number): number[] {
  return Array.from({ length: count }, (_, id) => id);
}
