import { ResultDescriptor, SlotHeader } from "../layout/layout.gen.ts";
import { clockMs } from "../native/library.ts";
import type { FrameView, RunContext } from "../types.ts";
import { TraceKind, TraceRecords, traceStatuses } from "./trace-records.ts";

/** How things stood when a device was asked. */
export interface Decision {
  /** Place among the waiting frames of the one given. */
  readonly place: number;
  /** Frames that wait now. */
  readonly waiting: number;
  readonly nowMs: number;
}

/** What is looked at of a source. */
export interface SlotUse {
  readonly index: number;
  readonly freeCount: number;
  readonly place: { readonly slotCount: number };
}

/** What happened is handed on this much later at most. */
const HAND_ON_AFTER_MS = 250;

/**
 * Takes notes of what the pipeline does, as it does it: a few stores each, read straight from slot
 * headers and result blocks. Notes are handed on in batches, from a timer between the pipeline's
 * turns or when a batch is full. Until it is opened it takes none.
 */
export class TraceRecorder {
  readonly #records = new TraceRecords();
  readonly #onBatch: (records: TraceRecords) => void;
  #context: RunContext | undefined;
  #words: Int32Array = new Int32Array(0);
  #floats: Float32Array = new Float32Array(0);
  #doubles: Float64Array = new Float64Array(0);
  /** Of the slots that have been asked for. */
  readonly #slotOffsets: number[] = [];
  /** Of each source, as noted last. */
  #slotsInUse: Int32Array = new Int32Array(0);
  /** 1 for devices that leave what waits to others, until they take a frame again. */
  #deferring: Uint8Array = new Uint8Array(0);
  /** Since when the frame that leaves next has been on its way out; NaN where nobody said. */
  #leavingMs = Number.NaN;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onBatch takes what has been noted; the records are used again when it returns */
  constructor(onBatch: (records: TraceRecords) => void) {
    this.#onBatch = onBatch;
  }

  open(context: RunContext): void {
    this.#context = context;
    this.#words = new Int32Array(context.arena);
    this.#floats = new Float32Array(context.arena);
    this.#doubles = new Float64Array(context.arena);
    this.#slotsInUse = new Int32Array(context.sources.length);
    this.#deferring = new Uint8Array(context.devices.length);
  }

  /** Hands on what has been noted, and takes no more notes. */
  close(): void {
    this.#handOn();
    this.#context = undefined;
  }

  /** A frame came from its source. HOT. */
  arrived(slot: number): void {
    const at = this.#next(TraceKind.arrived, slot);
    const header = this.#slotOffset(slot);
    const { numbers } = this.#records;
    numbers[at + 4] = this.#doubles[(header + SlotHeader.receivedMs) / 8] as number;
    numbers[at + 5] = this.#floats[(header + SlotHeader.decodeMs) / 4] as number;
  }

  /** A device gets the frame. HOT. */
  given(slot: number, device: number, { nowMs, place, waiting }: Decision): void {
    this.#deferring[device] = 0;
    const at = this.#next(TraceKind.given, slot);
    const { numbers } = this.#records;
    numbers[at + 4] = nowMs;
    numbers[at + 5] = device;
    numbers[at + 6] = place;
    numbers[at + 7] = waiting;
  }

  /** A device that has room leaves what waits to others; noted once until it takes a frame. HOT. */
  deferred(device: number, { nowMs, waiting }: Pick<Decision, "nowMs" | "waiting">): void {
    if (this.#deferring[device] === 1) return;
    this.#deferring[device] = 1;
    const at = this.#next(TraceKind.deferred);
    const { numbers } = this.#records;
    numbers[at + 1] = device;
    numbers[at + 2] = waiting;
    numbers[at + 3] = nowMs;
  }

  /** A device has answered, or given this error. HOT. */
  answered(slot: number, result: number, device: number, error?: string): void {
    const descriptor = this.#resultOffset(result);
    const doubles = this.#doubles;
    const startedMs = doubles[(descriptor + ResultDescriptor.startedMs) / 8] as number;
    const finishedMs = doubles[(descriptor + ResultDescriptor.finishedMs) / 8] as number;
    const at = this.#answer(slot, device, startedMs, finishedMs);
    const { numbers } = this.#records;
    const floats = this.#floats;
    numbers[at + 8] = floats[(descriptor + ResultDescriptor.preprocessMs) / 4] as number;
    numbers[at + 9] = floats[(descriptor + ResultDescriptor.inferenceMs) / 4] as number;
    numbers[at + 10] = floats[(descriptor + ResultDescriptor.postprocessMs) / 4] as number;
    numbers[at + 11] = error === undefined ? -1 : this.#records.text(error);
  }

  /** A device was lost that had been at this frame since `startedMs`. */
  unanswered(slot: number, device: number, startedMs: number, reason: string): void {
    if (this.#context === undefined) return;
    const at = this.#answer(slot, device, startedMs, clockMs());
    const { numbers } = this.#records;
    numbers.fill(0, at + 8, at + 11);
    numbers[at + 11] = this.#records.text(reason);
  }

  /** The frame gives way to newer ones before a device has taken it. */
  gaveWay(slot: number, nowMs: number): void {
    const at = this.#next(TraceKind.gaveWay, slot);
    const { numbers } = this.#records;
    numbers[at + 4] = this.#receivedMs(slot);
    numbers[at + 5] = nowMs;
  }

  /** How many slots hold frames; noted where it has changed. HOT. */
  slotsInUse(sources: readonly SlotUse[], nowMs: number): void {
    for (const { index, freeCount, place } of sources) {
      const count = place.slotCount - freeCount;
      if (this.#slotsInUse[index] === count) continue;
      this.#slotsInUse[index] = count;
      const at = this.#next(TraceKind.slotsInUse);
      const { numbers } = this.#records;
      numbers[at + 1] = index;
      numbers[at + 2] = count;
      numbers[at + 3] = nowMs;
    }
  }

  /** The frame that `left` will show begins to pass stages and sinks. HOT. */
  leaving(): void {
    this.#leavingMs = clockMs();
  }

  /** A frame has passed stages and sinks, or a marker in its place. HOT. */
  left(frame: FrameView): void {
    const endedMs = clockMs();
    const at = this.#next(TraceKind.left);
    const { numbers } = this.#records;
    numbers[at + 1] = frame.sourceIndex;
    numbers[at + 2] = frame.frameId;
    numbers[at + 3] = frame.slotIndex;
    numbers[at + 4] = Number.isNaN(this.#leavingMs) ? endedMs : this.#leavingMs;
    numbers[at + 5] = endedMs;
    numbers[at + 6] = traceStatuses.indexOf(frame.status);
    numbers[at + 7] = frame.deviceIndex;
    numbers[at + 8] = frame.latencyMs;
    numbers[at + 9] = frame.status === "ok" ? this.#answeredMs(frame) : 0;
    numbers[at + 10] = frame.detectionCount;
    numbers[at + 11] = frame.error === undefined ? -1 : this.#records.text(frame.error);
  }

  /** Something that concerns no single frame: a restart, a note. */
  event(name: string, detail: string): void {
    if (this.#context === undefined) return;
    const at = this.#next(TraceKind.event);
    const { numbers } = this.#records;
    numbers[at + 1] = this.#records.text(name);
    numbers[at + 2] = this.#records.text(detail);
    numbers[at + 3] = clockMs();
  }

  #answer(slot: number, device: number, startedMs: number, finishedMs: number): number {
    const at = this.#next(TraceKind.answered, slot);
    const { numbers } = this.#records;
    numbers[at + 4] = this.#receivedMs(slot);
    numbers[at + 5] = device;
    numbers[at + 6] = startedMs;
    numbers[at + 7] = finishedMs;
    return at;
  }

  /** Where the next record's numbers go; with source, frame and slot where it is about a slot. */
  #next(kind: number, slot = -1): number {
    if (this.#records.isFull) this.#handOn();
    this.#timer ??= setTimeout(() => this.#handOn(), HAND_ON_AFTER_MS).unref();
    const at = this.#records.next(kind);
    if (slot < 0) return at;
    const header = this.#slotOffset(slot) / 4;
    const { numbers } = this.#records;
    numbers[at + 1] = this.#words[header + SlotHeader.sourceIndex / 4] as number;
    numbers[at + 2] = this.#words[header + SlotHeader.frameId / 4] as number;
    numbers[at + 3] = slot;
    return at;
  }

  #receivedMs(slot: number): number {
    return this.#doubles[(this.#slotOffset(slot) + SlotHeader.receivedMs) / 8] as number;
  }

  /** A frame that needed no device had its answer when it came. */
  #answeredMs({ deviceIndex, slotIndex, resultIndex }: FrameView): number {
    if (deviceIndex < 0) return this.#receivedMs(slotIndex);
    const at = this.#resultOffset(resultIndex) + ResultDescriptor.finishedMs;
    return this.#doubles[at / 8] as number;
  }

  #slotOffset(slot: number): number {
    const known = this.#slotOffsets[slot];
    if (known !== undefined) return known;
    const offset = (this.#context as RunContext).slotOffsetBytes(slot);
    this.#slotOffsets[slot] = offset;
    return offset;
  }

  #resultOffset(result: number): number {
    return (this.#context as RunContext).resultOffsetBytes(result);
  }

  #handOn(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#records.count > 0) this.#onBatch(this.#records);
    this.#records.clear();
  }
}
