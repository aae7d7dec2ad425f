import { type AipError, runtimeError } from "../errors.ts";
import { ResultDescriptor, SlotHeader } from "../layout/layout.gen.ts";
import { clockMs } from "../native/library.ts";
import type { FrameView, RunContext } from "../types.ts";
import { type LineWriter, openLineWriter } from "./line-writer.ts";
import type { Sink } from "./sink.ts";
import { TraceKind, TraceRecords } from "./trace-records.ts";
import { STATUSES, TraceTimeline } from "./trace-timeline.ts";

/** What happened is written this much later at most, so that a killed run leaves its timeline. */
const WRITE_AFTER_MS = 250;
/** Bytes that may wait for a slow reader of a pipe. */
const PENDING_BYTES_MAX = 1 << 26;

export interface TraceSinkOptions {
  /** File to write: JSON in the Trace Event Format. */
  readonly path: string;
}

/**
 * The run's timeline for Perfetto or `chrome://tracing`: every stage of every frame by thread, what
 * waits in which slot, decisions and faults; see `TraceTimeline` for its rows and `docs/results.md`
 * for its events.
 *
 * Besides frames on their way out, the pipeline tells it of each step as it happens. That costs a
 * few stores; text is made of them in batches between the pipeline's turns, or when a batch is full.
 */
export class TraceSink implements Sink {
  readonly name = "trace";
  readonly #path: string;
  readonly #records = new TraceRecords();
  #context: RunContext | undefined;
  #timeline: TraceTimeline | undefined;
  #writer: LineWriter | undefined;
  #words: Int32Array = new Int32Array(0);
  #floats: Float32Array = new Float32Array(0);
  #doubles: Float64Array = new Float64Array(0);
  /** Of the slots that have been asked for. */
  readonly #slotOffsets: number[] = [];
  /** Slots in use of each source, as told last. */
  #slotsInUse: Int32Array = new Int32Array(0);
  /** 1 for devices that leave what waits to others, until they take a frame again. */
  #deferring: Uint8Array = new Uint8Array(0);
  /** Since when the frame that leaves next has been on its way out; NaN where nobody said. */
  #leavingMs = Number.NaN;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #error: AipError | undefined;
  #isOpened = false;

  constructor(options: TraceSinkOptions) {
    this.#path = options.path;
  }

  open(context: RunContext): void {
    this.#context = context;
    this.#words = new Int32Array(context.arena);
    this.#floats = new Float32Array(context.arena);
    this.#doubles = new Float64Array(context.arena);
    this.#slotsInUse = new Int32Array(context.sources.length);
    this.#deferring = new Uint8Array(context.devices.length);
    this.#writer = openLineWriter(this.#path, false, {
      onError: (error) => this.#fail(error),
      onProgress: () => undefined,
    });
    this.#isOpened = true;
    this.#timeline = new TraceTimeline(context, clockMs());
    this.#write();
  }

  /** A frame came from its source. HOT. */
  arrived(slot: number): void {
    const at = this.#slotRecord(TraceKind.arrived, slot);
    const header = this.#slotOffset(slot);
    const { numbers } = this.#records;
    numbers[at + 4] = this.#doubles[(header + SlotHeader.receivedMs) / 8] as number;
    numbers[at + 5] = this.#floats[(header + SlotHeader.decodeMs) / 4] as number;
  }

  /** A device gets the frame, of `waiting` ones the one at `place`. HOT. */
  given(slot: number, device: number, place: number, waiting: number, nowMs: number): void {
    this.#deferring[device] = 0;
    const at = this.#slotRecord(TraceKind.given, slot);
    const { numbers } = this.#records;
    numbers[at + 4] = nowMs;
    numbers[at + 5] = device;
    numbers[at + 6] = place;
    numbers[at + 7] = waiting;
  }

  /** A device that has room leaves what waits to others. Told again and again while it does. HOT. */
  deferred(device: number, waiting: number, nowMs: number): void {
    if (this.#deferring[device] === 1) return;
    this.#deferring[device] = 1;
    const at = this.#record(TraceKind.deferred);
    const { numbers } = this.#records;
    numbers[at + 1] = device;
    numbers[at + 2] = waiting;
    numbers[at + 3] = nowMs;
  }

  /** A device has answered, or has given this error. HOT. */
  answered(slot: number, result: number, device: number, error?: string): void {
    const at = this.#slotRecord(TraceKind.answered, slot);
    const descriptor = (this.#context as RunContext).resultOffsetBytes(result);
    const { numbers } = this.#records;
    const floats = this.#floats;
    const doubles = this.#doubles;
    numbers[at + 4] = doubles[(this.#slotOffset(slot) + SlotHeader.receivedMs) / 8] as number;
    numbers[at + 5] = device;
    numbers[at + 6] = doubles[(descriptor + ResultDescriptor.startedMs) / 8] as number;
    numbers[at + 7] = doubles[(descriptor + ResultDescriptor.finishedMs) / 8] as number;
    numbers[at + 8] = floats[(descriptor + ResultDescriptor.preprocessMs) / 4] as number;
    numbers[at + 9] = floats[(descriptor + ResultDescriptor.inferenceMs) / 4] as number;
    numbers[at + 10] = floats[(descriptor + ResultDescriptor.postprocessMs) / 4] as number;
    numbers[at + 11] = error === undefined ? -1 : this.#records.text(error);
  }

  /** The frame gives way to newer ones before a device has taken it. */
  gaveWay(slot: number, nowMs: number): void {
    const at = this.#slotRecord(TraceKind.gaveWay, slot);
    const receivedMs = this.#doubles[(this.#slotOffset(slot) + SlotHeader.receivedMs) / 8];
    this.#records.numbers[at + 4] = receivedMs as number;
    this.#records.numbers[at + 5] = nowMs;
  }

  /** Slots of a source that hold frames now. HOT. */
  slotsInUse(source: number, count: number, nowMs: number): void {
    if (this.#slotsInUse[source] === count) return;
    this.#slotsInUse[source] = count;
    const at = this.#record(TraceKind.slotsInUse);
    const { numbers } = this.#records;
    numbers[at + 1] = source;
    numbers[at + 2] = count;
    numbers[at + 3] = nowMs;
  }

  /** The frame that `write` will show begins to pass the stages and sinks. HOT. */
  leaving(): void {
    this.#leavingMs = clockMs();
  }

  /** Something that concerns no single frame: a device lost or restarted, a note. */
  event(name: string, detail: string): void {
    if (this.#timeline === undefined) return;
    const at = this.#record(TraceKind.event);
    const { numbers } = this.#records;
    numbers[at + 1] = this.#records.text(name);
    numbers[at + 2] = this.#records.text(detail);
    numbers[at + 3] = clockMs();
  }

  write(frame: FrameView): void {
    const at = this.#record(TraceKind.left);
    const { numbers } = this.#records;
    const endedMs = clockMs();
    numbers[at + 1] = frame.sourceIndex;
    numbers[at + 2] = frame.frameId;
    numbers[at + 3] = frame.slotIndex;
    numbers[at + 4] = Number.isNaN(this.#leavingMs) ? endedMs : this.#leavingMs;
    numbers[at + 5] = endedMs;
    numbers[at + 6] = STATUSES.indexOf(frame.status);
    numbers[at + 7] = frame.deviceIndex;
    numbers[at + 8] = frame.latencyMs;
    numbers[at + 9] = frame.status === "ok" ? this.#finishedMs(frame.resultIndex) : 0;
    numbers[at + 10] = frame.detectionCount;
    numbers[at + 11] = frame.error === undefined ? -1 : this.#records.text(frame.error);
  }

  async close(_complete: boolean): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#put();
    this.#timeline?.end();
    this.#write();
    this.#writer = undefined;
    this.#timeline = undefined;
    try {
      await writer.close();
    } catch (error) {
      // Told already, unless it is the last piece that failed.
      if (error !== this.#error) throw error;
    }
  }

  outputs(): readonly string[] {
    return this.#isOpened && this.#error === undefined ? [this.#path] : [];
  }

  #record(kind: number): number {
    if (this.#records.isFull) this.#put();
    this.#timer ??= setTimeout(() => this.#put(), WRITE_AFTER_MS).unref();
    return this.#records.next(kind);
  }

  /** A record about the frame in a slot: source, frame, slot. */
  #slotRecord(kind: number, slot: number): number {
    const at = this.#record(kind);
    const header = this.#slotOffset(slot) / 4;
    const { numbers } = this.#records;
    numbers[at + 1] = this.#words[header + SlotHeader.sourceIndex / 4] as number;
    numbers[at + 2] = this.#words[header + SlotHeader.frameId / 4] as number;
    numbers[at + 3] = slot;
    return at;
  }

  #slotOffset(slot: number): number {
    const known = this.#slotOffsets[slot];
    if (known !== undefined) return known;
    const offset = (this.#context as RunContext).slotOffsetBytes(slot);
    this.#slotOffsets[slot] = offset;
    return offset;
  }

  #finishedMs(result: number): number {
    const descriptor = (this.#context as RunContext).resultOffsetBytes(result);
    return this.#doubles[(descriptor + ResultDescriptor.finishedMs) / 8] as number;
  }

  /** Makes text of what has come together, and writes it. */
  #put(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timeline?.add(this.#records);
    this.#records.clear();
    this.#write();
  }

  #write(): void {
    const text = this.#timeline?.text;
    const writer = this.#writer;
    if (text === undefined || writer === undefined) return;
    if (this.#error === undefined) writer.write(text.bytes, text.length);
    text.clear();
    if (writer.pendingBytes <= PENDING_BYTES_MAX) return;
    const message = `The reader of "${this.#path}" does not keep up: name a file`;
    this.#fail(runtimeError("output-stalled", message));
  }

  #fail(error: AipError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#context?.fail(error);
  }
}
