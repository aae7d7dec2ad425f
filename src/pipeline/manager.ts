import { type AipError, runtimeError } from "../errors.ts";
import { ResultDescriptor, SlotHeader, SlotState, Status } from "../layout/layout.gen.ts";
import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import { clockMs } from "../native/library.ts";
import { type ArenaLayout, DETECTIONS_OFFSET, resultOffset, slotOffset } from "../ring/arena.ts";
import { Doorbell } from "../ring/doorbell.ts";
import { ATTEMPT_COUNT_MAX, Dispatcher } from "../schedule/dispatcher.ts";
import { IndexQueue } from "../schedule/index-queue.ts";
import { DROPPED, NOTHING } from "../schedule/reorder.ts";
import type { Scheduler } from "../schedule/scheduler.ts";
import type { TraceRecorder } from "../sink/trace-recorder.ts";
import type { Device, Seat } from "./device.ts";
import type { EmittedFrame } from "./emitted-frame.ts";
import type { SourceRunner } from "./source-runner.ts";

/** Errors in a row after which a device's worker is replaced. */
const FAILURES_IN_ROW_MAX = 10;
/** Longest sleep on the doorbell; a notified wait keeps its memory until then. */
const WAIT_MS = 100;
/** A busy manager lets timers and messages in this often. */
const YIELD_MS = 4;

/** Time of a frame in each stage, in ms. */
export type StageHistograms = Readonly<
  Record<
    "decode" | "queue" | "preprocess" | "inference" | "postprocess" | "reorder",
    LatencyHistogram
  >
>;

export interface ManagerOptions {
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  readonly devices: readonly Device[];
  readonly sources: readonly SourceRunner[];
  readonly scheduler: Scheduler;
  readonly frame: EmittedFrame;
  /** A device gives nothing but errors; its frames must be taken back before this returns. */
  readonly onBroken: (device: Device, reason: string) => void;
  /** Called with `frame` filled, in order per source. */
  readonly emit: () => void;
  /** Is told of every step; null where nobody wants a timeline. */
  readonly trace: TraceRecorder | null;
}

/**
 * Moves frames from sources to devices and out in order: every turn drains all result and frame
 * rings, emits what is next, hands out what waits, and only then publishes, so that one wake-up
 * serves as many frames as have come. It never blocks: with nothing to do it sleeps on the
 * doorbell, which everybody rings.
 *
 * It alone owns slots and result blocks while no worker has them.
 */
export class Manager {
  readonly devices: readonly Device[];
  nowMs = 0;
  retries = 0;
  /** Frames that entered the schedule. */
  assignedCount = 0;
  readonly latency: LatencyHistogram = new LatencyHistogram();
  readonly stages: StageHistograms = {
    decode: new LatencyHistogram(),
    queue: new LatencyHistogram(),
    preprocess: new LatencyHistogram(),
    inference: new LatencyHistogram(),
    postprocess: new LatencyHistogram(),
    reorder: new LatencyHistogram(),
  };
  /** The first frame that failed for good, with its cause; null while there is none. */
  firstFailure: string | null = null;
  /** Clock when the last frame left. */
  lastEmittedMs = 0;
  readonly #options: ManagerOptions;
  readonly #sources: readonly SourceRunner[];
  readonly #trace: TraceRecorder | null;
  readonly #doorbell: Doorbell;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #doubles: Float64Array;
  // Where they lie in the arena, in bytes.
  readonly #slotOffsets: Float64Array;
  readonly #resultOffsets: Float64Array;
  /** The source of each slot. */
  readonly #owners: readonly SourceRunner[];
  readonly #dispatcher: Dispatcher;
  readonly #freeResults: IndexQueue;
  // Per slot:
  readonly #resultOf: Int32Array;
  readonly #deviceOf: Int32Array;
  readonly #attempts: Uint8Array;
  readonly #failed: Uint8Array;
  readonly #holds: Uint16Array;
  readonly #emitted: Uint8Array;
  readonly #errors = new Map<number, string>();
  /** Devices that gave nothing but errors lately, with the last one. */
  readonly #broken = new Map<Device, string>();
  #heldCount = 0;
  /** Why no frame can be answered any more; null while one can. */
  #hopeless: string | null = null;

  constructor(options: ManagerOptions) {
    const { arena, layout } = options;
    const { slotCount, resultCount } = layout;
    this.#options = options;
    this.devices = options.devices;
    this.#sources = options.sources;
    this.#trace = options.trace;
    this.#doorbell = new Doorbell(arena);
    this.#words = new Int32Array(arena);
    this.#floats = new Float32Array(arena);
    this.#doubles = new Float64Array(arena);
    this.#slotOffsets = Float64Array.from({ length: slotCount }, (_, slot) =>
      slotOffset(layout, slot),
    );
    this.#resultOffsets = Float64Array.from({ length: resultCount }, (_, result) =>
      resultOffset(layout, result),
    );
    this.#owners = options.sources.flatMap((source) =>
      new Array<SourceRunner>(source.place.slotCount).fill(source),
    );
    this.#dispatcher = new Dispatcher({
      scheduler: options.scheduler,
      devices: options.devices,
      sources: options.sources.map(({ share }) => share),
      isHeldUp: (source) => (this.#sources[source] as SourceRunner).isHeldUp,
      give: (device, slot, followers) =>
        this.#give(this.devices[device] as Device, slot, followers),
      onDefer: (device) => this.#trace?.deferred(device, this.#dispatcher),
      expire: (slot) => this.#giveWay(slot, true),
    });
    this.#freeResults = new IndexQueue(resultCount);
    for (let result = 0; result < resultCount; result += 1) {
      this.#freeResults.push(result);
      const descriptor = this.#resultOffsets[result] as number;
      const capacity = (descriptor + ResultDescriptor.payloadCapacityBytes) / 4;
      this.#words[capacity] = layout.payloadBytes;
    }
    this.#resultOf = new Int32Array(slotCount).fill(-1);
    this.#deviceOf = new Int32Array(slotCount).fill(-1);
    this.#attempts = new Uint8Array(slotCount);
    this.#failed = new Uint8Array(slotCount);
    this.#holds = new Uint16Array(slotCount);
    this.#emitted = new Uint8Array(slotCount);
  }

  /** Runs until every source is over and every frame has left. */
  async run(): Promise<void> {
    let yieldedMs = clockMs();
    while (!this.#finished) {
      if (this.#turn()) {
        if (this.nowMs - yieldedMs < YIELD_MS) continue;
        await new Promise<void>((resolve) => setImmediate(resolve));
        yieldedMs = this.nowMs;
        continue;
      }
      this.#doorbell.prepare();
      if (this.#hasNews) {
        this.#doorbell.cancel();
        continue;
      }
      await this.#doorbell.wait(WAIT_MS);
      this.#doorbell.cancel();
      yieldedMs = clockMs();
    }
  }

  /** Makes the manager look around although no ring has news. */
  wake(): void {
    this.#doorbell.ringAnyway();
  }

  /** Ends the run: sources stop, what is under way is finished where a device is left. */
  fail(): void {
    for (const source of this.#sources) source.stop();
    this.wake();
  }

  /** No device is left: everything that waits fails. */
  abandon(error: AipError): void {
    this.fail();
    this.#hopeless = error.message;
    for (let slot = this.#dispatcher.takeAny(); slot >= 0; slot = this.#dispatcher.takeAny()) {
      this.#giveUp(slot, error.message);
    }
  }

  hold(slot: number): void {
    this.#holds[slot] = (this.#holds[slot] as number) + 1;
    this.#heldCount += 1;
  }

  release(slot: number): void {
    if (this.#holds[slot] === 0) throw new RangeError(`slot ${slot} is not held`);
    this.#holds[slot] = (this.#holds[slot] as number) - 1;
    this.#heldCount -= 1;
    if (this.#holds[slot] === 0 && this.#emitted[slot] === 1) {
      this.#free(slot).free.publish();
    }
    this.wake();
  }

  /** The source published its last frame; takes in what is still in its ring. */
  sourceEnded(source: SourceRunner): void {
    this.#drainFrames(source);
    source.reorder.end(source.firstFrame + source.received);
    this.wake();
  }

  /** The device's worker is gone, or hangs: its frames go to others or fail. */
  deviceLost(device: Device, seat: Seat, hung: boolean, reason: string): void {
    this.#drainResults(device, seat);
    this.#traceLost(device, reason);
    while (device.running.length > 0) {
      const result = device.running.shift();
      const slot = this.#word(result, ResultDescriptor.slotIndex);
      if (hung) seat.quarantined.push(result);
      else this.#freeResults.push(result);
      this.#attemptFailed(slot, `device ${device.instance.id} ${reason}`);
    }
    device.inFlight = 0;
    this.#dispatcher.deviceGone(device.index);
  }

  /** Nobody writes these result blocks any more. */
  quarantineEnded(results: readonly number[]): void {
    for (const result of results) this.#freeResults.push(result);
  }

  get #finished(): boolean {
    if (this.#heldCount > 0) return false;
    for (const source of this.#sources) if (!source.finished) return false;
    return true;
  }

  get #hasNews(): boolean {
    for (const device of this.devices) if (device.seat?.results.isEmpty === false) return true;
    for (const source of this.#sources) if (!source.frames.isEmpty) return true;
    return false;
  }

  /** One round over everything; false when there was nothing to do. HOT. */
  #turn(): boolean {
    this.nowMs = clockMs();
    this.#dispatcher.nowMs = this.nowMs;
    let worked = false;
    for (const device of this.devices) {
      if (device.seat !== undefined && this.#drainResults(device, device.seat)) worked = true;
    }
    for (const source of this.#sources) {
      if (this.#drainFrames(source)) worked = true;
    }
    if (this.#broken.size > 0) this.#replaceBroken();
    if (this.#dispatch()) worked = true;
    this.#trace?.slotsInUse(this.#sources, this.nowMs);
    for (const source of this.#sources) {
      if (this.#emit(source)) worked = true;
    }
    this.#trace?.slotsInUse(this.#sources, this.nowMs);
    return worked;
  }

  /** A lost device leaves no result block that says what it was at. */
  #traceLost({ running, index, busySinceMs }: Device, reason: string): void {
    if (this.#trace === null || running.length === 0) return;
    const slot = this.#word(running.at(0), ResultDescriptor.slotIndex);
    this.#trace.unanswered(slot, index, busySinceMs, reason);
  }

  #replaceBroken(): void {
    for (const [device, message] of this.#broken) {
      this.#options.onBroken(device, `failed ${FAILURES_IN_ROW_MAX} frames in a row: ${message}`);
    }
    this.#broken.clear();
  }

  /** HOT. */
  #drainResults(device: Device, seat: Seat): boolean {
    const { results } = seat;
    let result = results.tryPop();
    if (result < 0) return false;
    for (; result >= 0; result = results.tryPop()) {
      device.running.shift();
      device.inFlight -= 1;
      const slot = this.#word(result, ResultDescriptor.slotIndex);
      const descriptor = this.#resultOffsets[result] as number;
      const startedMs = this.#doubles[(descriptor + ResultDescriptor.startedMs) / 8] as number;
      const finishedMs = this.#doubles[(descriptor + ResultDescriptor.finishedMs) / 8] as number;
      device.busySinceMs = finishedMs;
      if ((this.#words[(descriptor + ResultDescriptor.status) / 4] as number) < Status.ok) {
        const message = this.#errorOf(descriptor);
        this.#trace?.answered(slot, result, device.index, message);
        this.#freeResults.push(result);
        device.failuresInRow += 1;
        this.#attemptFailed(slot, message);
        if (device.failuresInRow >= FAILURES_IN_ROW_MAX) this.#broken.set(device, message);
        continue;
      }
      this.#trace?.answered(slot, result, device.index);
      device.answered(startedMs, finishedMs, this.#word(result, ResultDescriptor.batchSize));
      this.#recordStages(slot, descriptor, startedMs);
      this.#resultOf[slot] = result;
      const source = this.#sourceOf(slot);
      source.reorder.complete(slot - source.place.firstSlot);
    }
    results.release();
    return true;
  }

  #recordStages(slot: number, descriptor: number, startedMs: number): void {
    const at = this.#slotOffsets[slot] as number;
    const floats = this.#floats;
    const receivedMs = this.#doubles[(at + SlotHeader.receivedMs) / 8] as number;
    this.#words[(at + SlotHeader.state) / 4] = SlotState.done;
    const { stages } = this;
    stages.decode.record(floats[(at + SlotHeader.decodeMs) / 4] as number);
    stages.queue.record(startedMs - receivedMs);
    stages.preprocess.record(floats[(descriptor + ResultDescriptor.preprocessMs) / 4] as number);
    stages.inference.record(floats[(descriptor + ResultDescriptor.inferenceMs) / 4] as number);
    stages.postprocess.record(floats[(descriptor + ResultDescriptor.postprocessMs) / 4] as number);
  }

  /** HOT. */
  #drainFrames(source: SourceRunner): boolean {
    const { frames } = source;
    let slot = frames.tryPop();
    if (slot < 0) return false;
    const { firstSlot } = source.place;
    for (; slot >= 0; slot = frames.tryPop()) {
      const at = this.#slotOffsets[slot] as number;
      const frameId = this.#words[(at + SlotHeader.frameId) / 4] as number;
      source.freeCount -= 1;
      this.#trace?.arrived(slot);
      source.reorder.arrive(slot - firstSlot, frameId);
      this.#resultOf[slot] = -1;
      this.#deviceOf[slot] = -1;
      this.#attempts[slot] = 0;
      this.#failed[slot] = 0;
      this.#emitted[slot] = 0;
      if (this.#hopeless !== null) this.#giveUp(slot, this.#hopeless);
      else this.#enter(slot, this.#doubles[(at + SlotHeader.receivedMs) / 8] as number);
    }
    frames.release();
    if (source.drop === "oldest" && source.freeCount === 0) {
      // The newest frame must not give way to itself: a device may be free for it.
      this.#dispatch();
      this.#dropOldest(source);
    }
    return true;
  }

  #enter(slot: number, receivedMs: number): void {
    this.assignedCount += 1;
    this.#dispatcher.arrive(slot, receivedMs);
  }

  /** Gives waiting frames to devices with room. HOT. */
  #dispatch(): boolean {
    if (!this.#dispatcher.dispatch()) return false;
    for (const device of this.devices) device.seat?.commands.publish();
    return true;
  }

  #give(device: Device, slot: number, followers: number): void {
    const result = this.#freeResults.shift();
    if (result < 0) throw new RangeError("no result block is free: two a slot must suffice");
    const words = this.#words;
    const at = this.#slotOffsets[slot] as number;
    const descriptor = (this.#resultOffsets[result] as number) / 4;
    words[descriptor + ResultDescriptor.slotIndex / 4] = slot;
    words[descriptor + ResultDescriptor.sourceIndex / 4] = words[
      (at + SlotHeader.sourceIndex) / 4
    ] as number;
    words[descriptor + ResultDescriptor.frameId / 4] = words[
      (at + SlotHeader.frameId) / 4
    ] as number;
    words[descriptor + ResultDescriptor.workerIndex / 4] = device.index;
    this.#trace?.given(slot, device.index, this.#dispatcher);
    words[descriptor + ResultDescriptor.batchSize / 4] = 1 + followers;
    words[(at + SlotHeader.state) / 4] = SlotState.reading;
    this.#deviceOf[slot] = device.index;
    this.#attempts[slot] = (this.#attempts[slot] as number) + 1;
    if (device.inFlight === 0) device.busySinceMs = this.nowMs;
    device.inFlight += 1;
    device.running.push(result);
    if (device.seat?.commands.tryPush(result) !== true) {
      throw new RangeError("a command ring is full: it has room for every result block");
    }
  }

  #attemptFailed(slot: number, message: string): void {
    if ((this.#attempts[slot] as number) >= ATTEMPT_COUNT_MAX) {
      this.#giveUp(slot, message);
      return;
    }
    this.retries += 1;
    this.#dispatcher.retry(slot, this.#deviceOf[slot] as number);
  }

  /** The frame has failed for good; its marker leaves in its turn. */
  #giveUp(slot: number, message: string): void {
    this.#failed[slot] = 1;
    this.#errors.set(slot, message);
    const source = this.#sourceOf(slot);
    source.reorder.complete(slot - source.place.firstSlot);
  }

  /** A live source has no slot left: its longest-waiting frame gives way. */
  #dropOldest(source: SourceRunner): void {
    const slot = this.#dispatcher.takeOldest(source.index);
    if (slot >= 0) this.#giveWay(slot, false);
  }

  /** A frame no device has taken is dropped: for want of a slot, or because it comes too late. */
  #giveWay(slot: number, isLate: boolean): void {
    const source = this.#sourceOf(slot);
    const at = this.#slotOffsets[slot] as number;
    const frameId = this.#words[(at + SlotHeader.frameId) / 4] as number;
    source.dropping(frameId, this.#doubles[(at + SlotHeader.timeMs) / 8] as number, isLate);
    this.#trace?.gaveWay(slot, this.nowMs);
    source.reorder.drop(slot - source.place.firstSlot);
    this.#emitted[slot] = 1;
    this.#free(slot).free.publish();
  }

  /** Lets everything leave whose turn it is. HOT. */
  #emit(source: SourceRunner): boolean {
    const { reorder } = source;
    let local = reorder.next();
    if (local === NOTHING) return false;
    const { frame } = this.#options;
    for (; local !== NOTHING; local = reorder.next()) {
      const frameId = reorder.lastId;
      if (frameId !== source.nextId) source.inOrder = false;
      source.nextId = frameId + 1;
      frame.sourceIndex = source.index;
      frame.frameId = frameId;
      frame.error = undefined;
      if (local === DROPPED) this.#showDropped(source, frameId);
      else this.#show(source, local + source.place.firstSlot);
      this.#trace?.leaving();
      this.#options.emit();
      if (local === DROPPED) continue;
      const slot = local + source.place.firstSlot;
      this.#emitted[slot] = 1;
      if (this.#holds[slot] === 0) this.#free(slot);
    }
    source.free.publish();
    this.lastEmittedMs = this.nowMs;
    return true;
  }

  #showDropped(source: SourceRunner, frameId: number): void {
    const { frame } = this.#options;
    const { width, height } = source.source.info.geometry;
    source.dropped += 1;
    frame.status = "dropped";
    frame.error = source.takeDropReason(frameId);
    frame.showDropped(source.dropTimeMs(frameId), width, height);
  }

  #show(source: SourceRunner, slot: number): void {
    const { frame } = this.#options;
    const result = this.#resultOf[slot] as number;
    frame.show(slot, result, this.nowMs);
    if (this.#failed[slot] === 1) {
      source.failed += 1;
      frame.status = "failed";
      frame.deviceIndex = -1;
      frame.error = this.#errors.get(slot);
      this.#errors.delete(slot);
      this.firstFailure ??= `frame ${frame.frameId} of ${source.source.name}: ${frame.error}`;
      return;
    }
    source.emitted += 1;
    source.gaps.record(frame.frameId);
    frame.status = "ok";
    frame.deviceIndex = this.#deviceOf[slot] as number;
    this.latency.record(frame.latencyMs);
    const finished = (this.#resultOffsets[result] as number) + ResultDescriptor.finishedMs;
    this.stages.reorder.record(this.nowMs - (this.#doubles[finished / 8] as number));
  }

  /** Gives slot and result block back; the caller publishes. */
  #free(slot: number): SourceRunner {
    const source = this.#sourceOf(slot);
    const result = this.#resultOf[slot] as number;
    if (result >= 0) this.#freeResults.push(result);
    this.#resultOf[slot] = -1;
    this.#words[((this.#slotOffsets[slot] as number) + SlotHeader.state) / 4] = SlotState.free;
    source.freeCount += 1;
    source.free.tryPush(slot - source.place.firstSlot);
    return source;
  }

  #sourceOf(slot: number): SourceRunner {
    return this.#owners[slot] as SourceRunner;
  }

  #word(result: number, field: number): number {
    return this.#words[((this.#resultOffsets[result] as number) + field) / 4] as number;
  }

  #errorOf(descriptor: number): string {
    const length = this.#words[(descriptor + ResultDescriptor.payloadBytes) / 4] as number;
    const start = descriptor + DETECTIONS_OFFSET;
    const text = this.#options.arena.slice(start, start + length);
    return new TextDecoder().decode(text) || "the device gave no reason";
  }
}

/** Why a run without devices ended. */
export function noDeviceLeft(devices: readonly Device[]): AipError {
  const causes = devices.map((device) => `${device.instance.id} ${device.outReason ?? "is gone"}`);
  return runtimeError("no-device-left", `No device is left: ${causes.join("; ")}`);
}
