import type { FrameCounts } from "../metrics/report.ts";
import type { DropPolicy } from "../types.ts";
import { IndexQueue } from "./index-queue.ts";
import { Reorder } from "./reorder.ts";

/** A source as a simulation models it. */
export interface SourceModel {
  /** Frames it delivers. */
  readonly frames: number;
  readonly slots: number;
  readonly drop: DropPolicy;
  /** When each frame arrives, by its id, in ms; null where there is always one more. */
  readonly arrivalMs: ((frame: number) => number) | null;
}

/** Arrivals evenly spaced at `fps` frames a second, the first at `startMs`. */
export function paced(fps: number, startMs = 0): (frame: number) => number {
  return (frame) => startMs + (frame * 1000) / fps;
}

/** One modelled source: its slots, its order and its counts. Slots count from `firstSlot`. */
export class ModelledSource {
  readonly model: SourceModel;
  readonly index: number;
  readonly firstSlot: number;
  readonly reorder: Reorder;
  /** Frames that have arrived; the next one's id. */
  arrived = 0;
  /** Frames that have a slot, had one, or were dropped; the next one's id. */
  entered = 0;
  emitted = 0;
  dropped = 0;
  failed = 0;
  /** Frame ids, and when the frames came, by slot in the source. */
  readonly frameIds: Uint32Array;
  readonly sinceMs: Float64Array;
  readonly #free: IndexQueue;
  /** No frame will come any more. */
  #ended = false;

  constructor(model: SourceModel, index: number, firstSlot: number) {
    this.model = model;
    this.index = index;
    this.firstSlot = firstSlot;
    this.reorder = new Reorder(model.slots);
    this.frameIds = new Uint32Array(model.slots);
    this.sinceMs = new Float64Array(model.slots);
    this.#free = new IndexQueue(model.slots);
    for (let slot = 0; slot < model.slots; slot += 1) this.#free.push(slot);
  }

  get freeCount(): number {
    return this.#free.length;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get counts(): FrameCounts {
    const { emitted, dropped, failed } = this;
    return { received: this.arrived, emitted, dropped, failed };
  }

  /** The next frame takes a slot of the source; returns it. Only while one is free. */
  enter(nowMs: number): number {
    const slot = this.#free.shift();
    const { arrivalMs } = this.model;
    this.frameIds[slot] = this.entered;
    this.sinceMs[slot] = arrivalMs === null ? nowMs : arrivalMs(this.entered);
    this.reorder.arrive(slot, this.entered);
    this.entered += 1;
    return slot;
  }

  /** The next frame gives way at once; a marker takes its place. */
  skip(): void {
    this.entered += 1;
  }

  free(slot: number): void {
    this.#free.push(slot);
  }

  /** Ends the source where all its frames have come, or where nobody answers them any more. */
  endIf(over: boolean): void {
    if (this.#ended || !over) return;
    this.#ended = true;
    this.reorder.end(this.entered);
  }
}
