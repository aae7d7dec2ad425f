import { GapMeter } from "../metrics/gap-meter.ts";
import type { FrameCounts } from "../metrics/report.ts";
import type { DropPolicy } from "../types.ts";
import { IndexQueue } from "./index-queue.ts";
import { Reorder } from "./reorder.ts";
import type { SourceShare } from "./source-share.ts";

/** A source as a simulation models it; of what is left out it gets an equal share. */
export interface SourceModel extends Partial<SourceShare> {
  /** Frames it delivers. */
  readonly frames: number;
  readonly slots: number;
  readonly drop: DropPolicy;
  /**
   * When each frame arrives, by its id, in ms; null where there is always one more. Infinite where
   * it never comes: the source has fallen silent, and is over once nothing else happens.
   */
  readonly arrivalMs: ((frame: number) => number) | null;
}

/** What became of a source's frames. */
export interface SourceCounts extends FrameCounts {
  /** Dropped frames whose deadline had passed. */
  readonly late: number;
  /** Distance from an answered frame to the one before, in frames: 1 where none is missing. */
  readonly gapMean: number;
  readonly gapMax: number;
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
  late = 0;
  readonly gaps: GapMeter = new GapMeter();
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

  /** Whether its next frame would find no slot. */
  get isHeldUp(): boolean {
    return !this.#ended && this.#free.length === 0;
  }

  get counts(): SourceCounts {
    const { emitted, dropped, failed, late, gaps } = this;
    const gap = { gapMean: gaps.mean, gapMax: gaps.max };
    return { received: this.arrived, emitted, dropped, failed, late, ...gap };
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
