import { clockMs } from "../native/library.ts";
import type { EmittedFrame } from "./emitted-frame.ts";

/** Something that became of a cascade while it ran. */
export interface CascadeEvent {
  /** Number of the source. */
  readonly source: number;
  /** Monotonic clock. */
  readonly atMs: number;
  readonly kind: "drift" | "fallback" | "refused" | "retrained" | "abandoned";
  /** What happened, to follow the source's name. */
  readonly text: string;
  readonly from: EventPlace;
}

/** The first frame of its source that an event holds for; nulls until one has left. */
export interface EventPlace {
  readonly frame: number | null;
  readonly timeMs: number | null;
}

/** Whether an event holds for a frame; asked of each that leaves until one does. */
export type HoldsFor = (frame: EmittedFrame) => boolean;

interface Awaited {
  readonly source: number;
  readonly holdsFor: HoldsFor;
  readonly place: { frame: number | null; timeMs: number | null };
}

/**
 * What became of the cascades, in the order of time. An event is told when it happens, and gets the
 * first frame that it holds for when that leaves: frames that were looked at before are on their way.
 */
export class CascadeEvents {
  readonly list: CascadeEvent[] = [];
  readonly #awaited: Awaited[] = [];

  /**
   * The place of what happens now.
   * @param holdsFor default: it holds for the next frame that leaves
   */
  place(source: number, holdsFor: HoldsFor = () => true): EventPlace {
    const place = { frame: null, timeMs: null };
    this.#awaited.push({ source, holdsFor, place });
    return place;
  }

  add(event: Omit<CascadeEvent, "atMs">): void {
    this.list.push({ ...event, atMs: clockMs() });
  }

  /** A frame leaves, answered or failed. HOT while no event waits for one. */
  left(frame: EmittedFrame): void {
    if (this.#awaited.length > 0) this.#look(frame);
  }

  #look(frame: EmittedFrame): void {
    for (let at = this.#awaited.length - 1; at >= 0; at -= 1) {
      const { source, holdsFor, place } = this.#awaited[at] as Awaited;
      if (source !== frame.sourceIndex || !holdsFor(frame)) continue;
      place.frame = frame.frameId;
      place.timeMs = frame.timeMs;
      this.#awaited.splice(at, 1);
    }
  }
}
