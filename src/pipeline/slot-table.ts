import { ResultDescriptor, SlotHeader, SlotState, Status } from "../layout/layout.gen.ts";
import { type ArenaLayout, DETECTIONS_OFFSET, resultOffset, slotOffset } from "../ring/arena.ts";
import { IndexQueue } from "../schedule/index-queue.ts";
import type { SourceRunner } from "./source-runner.ts";

export interface SlotTableOptions {
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  /** In the order of their slots. */
  readonly sources: readonly SourceRunner[];
}

/**
 * What the main thread knows of every slot and every result block, and where each lies in the
 * arena. A slot's way:
 *
 * ```text
 * free ─enter─► waiting ─assign─► at a device ─answer─► complete ─leave─► free, or held until release
 *                  ▲                   │                   ▲ │
 *                  └───── retried ─────┴──────fail─────────┘ └─ a waiting frame may leave at once
 * ```
 *
 * It decides nothing, and allocates nothing for a frame that succeeds.
 */
export class SlotTable {
  /** Holds on all slots together. */
  heldCount = 0;
  readonly #arena: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #doubles: Float64Array;
  // Where they lie in the arena, in 32-bit words: in bytes they would not be 32-bit integers.
  readonly #slotOffsets: Int32Array;
  readonly #resultOffsets: Int32Array;
  readonly #freeResults: IndexQueue;
  // Per slot:
  readonly #owners: readonly SourceRunner[];
  readonly #results: Int32Array;
  readonly #devices: Int32Array;
  readonly #attempts: Uint8Array;
  readonly #failed: Uint8Array;
  readonly #holds: Uint16Array;
  readonly #left: Uint8Array;
  /** Why frames failed that have not left yet. */
  readonly #errors = new Map<number, string>();

  constructor({ arena, layout, sources }: SlotTableOptions) {
    const { slotCount, resultCount } = layout;
    this.#arena = arena;
    this.#words = new Int32Array(arena);
    this.#floats = new Float32Array(arena);
    this.#doubles = new Float64Array(arena);
    this.#slotOffsets = Int32Array.from(
      { length: slotCount },
      (_, slot) => slotOffset(layout, slot) / 4,
    );
    this.#resultOffsets = Int32Array.from(
      { length: resultCount },
      (_, result) => resultOffset(layout, result) / 4,
    );
    this.#freeResults = new IndexQueue(resultCount);
    for (let result = 0; result < resultCount; result += 1) {
      this.#freeResults.push(result);
      const descriptor = this.#resultOffsets[result] as number;
      this.#words[descriptor + ResultDescriptor.payloadCapacityBytes / 4] = layout.payloadBytes;
    }
    this.#owners = sources.flatMap((source) =>
      new Array<SourceRunner>(source.place.slotCount).fill(source),
    );
    this.#results = new Int32Array(slotCount).fill(-1);
    this.#devices = new Int32Array(slotCount).fill(-1);
    this.#attempts = new Uint8Array(slotCount);
    this.#failed = new Uint8Array(slotCount);
    this.#holds = new Uint16Array(slotCount);
    this.#left = new Uint8Array(slotCount);
  }

  /** A frame has come from its source. HOT. */
  enter(slot: number): void {
    this.sourceOf(slot).freeCount -= 1;
    this.#results[slot] = -1;
    this.#devices[slot] = -1;
    this.#attempts[slot] = 0;
    this.#failed[slot] = 0;
    this.#left[slot] = 0;
  }

  /**
   * A device gets the frame, and `followers` more with it in one call. Returns the result block
   * that its worker is to fill. HOT.
   */
  assign(slot: number, device: number, followers: number): number {
    const result = this.#freeResults.shift();
    if (result < 0) throw new RangeError("no result block is free: two a slot must suffice");
    const words = this.#words;
    const header = this.#slotOffsets[slot] as number;
    const descriptor = this.#resultOffsets[result] as number;
    words[descriptor + ResultDescriptor.slotIndex / 4] = slot;
    words[descriptor + ResultDescriptor.sourceIndex / 4] = words[
      header + SlotHeader.sourceIndex / 4
    ] as number;
    words[descriptor + ResultDescriptor.frameId / 4] = words[
      header + SlotHeader.frameId / 4
    ] as number;
    words[descriptor + ResultDescriptor.workerIndex / 4] = device;
    words[descriptor + ResultDescriptor.batchSize / 4] = 1 + followers;
    words[header + SlotHeader.state / 4] = SlotState.reading;
    this.#devices[slot] = device;
    this.#attempts[slot] = (this.#attempts[slot] as number) + 1;
    return result;
  }

  /** The frame's answer is in this result block. HOT. */
  answer(slot: number, result: number): void {
    this.#results[slot] = result;
    this.#words[(this.#slotOffsets[slot] as number) + SlotHeader.state / 4] = SlotState.done;
  }

  /** The frame has failed for good. */
  fail(slot: number, message: string): void {
    this.#failed[slot] = 1;
    this.#errors.set(slot, message);
  }

  /** Nobody writes this result block any more, and its answer is of no use. */
  discard(result: number): void {
    this.#freeResults.push(result);
  }

  /**
   * The frame has left: its slot is free, or will be when nobody holds it. The caller publishes.
   * HOT.
   */
  leave(slot: number): void {
    this.#left[slot] = 1;
    if (this.#holds[slot] === 0) this.#free(slot);
  }

  /** Somebody needs the slot longer. */
  hold(slot: number): void {
    this.#holds[slot] = (this.#holds[slot] as number) + 1;
    this.heldCount += 1;
  }

  /** Ends one hold, and publishes the slot where it was the last. @throws {RangeError} not held */
  release(slot: number): void {
    if (this.#holds[slot] === 0) throw new RangeError(`slot ${slot} is not held`);
    this.#holds[slot] = (this.#holds[slot] as number) - 1;
    this.heldCount -= 1;
    if (this.#holds[slot] !== 0 || this.#left[slot] !== 1) return;
    this.#free(slot);
    this.sourceOf(slot).free.publish();
  }

  sourceOf(slot: number): SourceRunner {
    return this.#owners[slot] as SourceRunner;
  }

  /** Result block with the frame's answer; -1 while it has none. */
  resultOf(slot: number): number {
    return this.#results[slot] as number;
  }

  /** The device that got the frame last; -1 before the first. */
  deviceOf(slot: number): number {
    return this.#devices[slot] as number;
  }

  /** Devices the frame has been given to. */
  attemptsOf(slot: number): number {
    return this.#attempts[slot] as number;
  }

  hasFailed(slot: number): boolean {
    return this.#failed[slot] === 1;
  }

  /** Why the frame failed, once. */
  takeError(slot: number): string | undefined {
    const message = this.#errors.get(slot);
    this.#errors.delete(slot);
    return message;
  }

  frameIdOf(slot: number): number {
    return this.#words[(this.#slotOffsets[slot] as number) + SlotHeader.frameId / 4] as number;
  }

  /** Presentation time. */
  timeMsOf(slot: number): number {
    return this.#doubles[
      ((this.#slotOffsets[slot] as number) >> 1) + SlotHeader.timeMs / 8
    ] as number;
  }

  /** Monotonic clock when its source had the frame. */
  receivedMsOf(slot: number): number {
    return this.#doubles[
      ((this.#slotOffsets[slot] as number) >> 1) + SlotHeader.receivedMs / 8
    ] as number;
  }

  decodeMsOf(slot: number): number {
    return this.#floats[(this.#slotOffsets[slot] as number) + SlotHeader.decodeMs / 4] as number;
  }

  /**
   * A result block for a frame that no device has answered, with `count` detection records to be
   * filled. Returns it. HOT.
   */
  answerHere(slot: number, count: number): number {
    const result = this.assign(slot, -1, 0);
    const words = this.#words;
    const descriptor = this.#resultOffsets[result] as number;
    words[descriptor + ResultDescriptor.status / 4] = Status.ok;
    words[descriptor + ResultDescriptor.detectionCount / 4] = count;
    words[descriptor + ResultDescriptor.candidateCount / 4] = count;
    words[descriptor + ResultDescriptor.payloadBytes / 4] = 0;
    const receivedMs = this.receivedMsOf(slot);
    const times = (descriptor >> 1) + ResultDescriptor.startedMs / 8;
    this.#doubles[times] = receivedMs;
    this.#doubles[times + 1] = receivedMs;
    this.answer(slot, result);
    return result;
  }

  /** The slot whose frame a result block is for. */
  slotOf(result: number): number {
    return this.#word(result, ResultDescriptor.slotIndex);
  }

  /** Whether a filled result block holds an error in place of an answer. */
  isError(result: number): boolean {
    return this.#word(result, ResultDescriptor.status) < Status.ok;
  }

  /** The error in a result block. */
  errorIn(result: number): string {
    const length = this.#word(result, ResultDescriptor.payloadBytes);
    const start = 4 * (this.#resultOffsets[result] as number) + DETECTIONS_OFFSET;
    const text = this.#arena.slice(start, start + length);
    return new TextDecoder().decode(text) || "the device gave no reason";
  }

  /** Frames of the call that a result block is of. */
  batchSizeOf(result: number): number {
    return this.#word(result, ResultDescriptor.batchSize);
  }

  /** Monotonic clock when the worker began, and ended, what a result block holds. */
  startedMsOf(result: number): number {
    return this.#double(result, ResultDescriptor.startedMs);
  }

  finishedMsOf(result: number): number {
    return this.#double(result, ResultDescriptor.finishedMs);
  }

  preprocessMsOf(result: number): number {
    return this.#float(result, ResultDescriptor.preprocessMs);
  }

  inferenceMsOf(result: number): number {
    return this.#float(result, ResultDescriptor.inferenceMs);
  }

  postprocessMsOf(result: number): number {
    return this.#float(result, ResultDescriptor.postprocessMs);
  }

  #free(slot: number): void {
    const source = this.sourceOf(slot);
    const result = this.#results[slot] as number;
    if (result >= 0) this.#freeResults.push(result);
    this.#results[slot] = -1;
    this.#words[(this.#slotOffsets[slot] as number) + SlotHeader.state / 4] = SlotState.free;
    source.freeCount += 1;
    source.free.tryPush(slot - source.place.firstSlot);
  }

  #word(result: number, field: number): number {
    return this.#words[(this.#resultOffsets[result] as number) + field / 4] as number;
  }

  #float(result: number, field: number): number {
    return this.#floats[(this.#resultOffsets[result] as number) + field / 4] as number;
  }

  #double(result: number, field: number): number {
    return this.#doubles[((this.#resultOffsets[result] as number) >> 1) + field / 8] as number;
  }
}
