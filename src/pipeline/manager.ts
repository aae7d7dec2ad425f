import type { AipError } from "../errors.ts";
import { clockMs } from "../native/library.ts";
import { Doorbell } from "../ring/doorbell.ts";
import { Dispatcher } from "../schedule/dispatcher.ts";
import type { Scheduler } from "../schedule/scheduler.ts";
import type { TraceRecorder } from "../sink/trace-recorder.ts";
import { ANSWERED, type Anchors, ASKS, FORSAKEN } from "./anchors.ts";
import type { Auditing } from "./auditing.ts";
import type { Departures } from "./departures.ts";
import type { Device, Seat } from "./device.ts";
import { Failures } from "./failures.ts";
import type { SlotTable } from "./slot-table.ts";
import type { SourceRunner } from "./source-runner.ts";
import type { StageTimes } from "./stage-times.ts";

/** Longest sleep on the doorbell; a notified wait keeps its memory until then. */
const WAIT_MS = 100;
/** A busy manager lets timers and messages in this often. */
const YIELD_MS = 4;

export interface ManagerOptions {
  /** Holds the doorbell. */
  readonly arena: SharedArrayBuffer;
  readonly slots: SlotTable;
  readonly devices: readonly Device[];
  readonly sources: readonly SourceRunner[];
  readonly scheduler: Scheduler;
  readonly stages: StageTimes;
  readonly departures: Departures;
  /** Knows which frames need no device. */
  readonly anchors: Anchors;
  /** Asks for more when devices are idle; null where no cascade is audited. */
  readonly auditing: Auditing | null;
  /** A device gives nothing but errors; its frames must be taken back before this returns. */
  readonly onBroken: (device: Device, reason: string) => void;
  /** Is told of every step; null where nobody wants a timeline. */
  readonly trace: TraceRecorder | null;
}

/**
 * Moves frames from sources to devices and out in order: every turn drains all result and frame
 * rings, hands out what waits, emits what is next, and only then publishes, so that one wake-up
 * serves as many frames as have come. It never blocks: with nothing to do it sleeps on the
 * doorbell, which everybody rings.
 *
 * It alone owns slots and result blocks while no worker has them.
 */
export class Manager {
  /** Frames that entered the schedule. */
  assignedCount = 0;
  readonly #options: ManagerOptions;
  readonly #devices: readonly Device[];
  readonly #sources: readonly SourceRunner[];
  readonly #slots: SlotTable;
  readonly #departures: Departures;
  readonly #trace: TraceRecorder | null;
  readonly #doorbell: Doorbell;
  readonly #dispatcher: Dispatcher;
  readonly #failures: Failures;
  #nowMs = 0;

  constructor(options: ManagerOptions) {
    const { devices, sources, slots, anchors, auditing, onBroken, trace } = options;
    this.#options = options;
    this.#devices = devices;
    this.#sources = sources;
    this.#slots = slots;
    this.#departures = options.departures;
    this.#trace = trace;
    this.#doorbell = new Doorbell(options.arena);
    this.#dispatcher = new Dispatcher({
      scheduler: options.scheduler,
      devices,
      sources: sources.map(({ share }) => share),
      isHeldUp: (source) => (sources[source] as SourceRunner).isHeldUp,
      give: (device, slot, followers) => this.#give(devices[device] as Device, slot, followers),
      onDefer: (device) => trace?.deferred(device, this.#dispatcher),
      expire: (slot) => this.#giveWay(slot, true),
    });
    this.#failures = new Failures({
      slots,
      dispatcher: this.#dispatcher,
      anchors,
      auditing,
      onBroken,
      trace,
    });
  }

  /** Frames given to another device after one has failed. */
  get retries(): number {
    return this.#failures.retries;
  }

  /** Runs until every source is over and every frame has left. */
  async run(): Promise<void> {
    let yieldedMs = clockMs();
    while (!this.#finished) {
      if (this.#turn()) {
        if (this.#nowMs - yieldedMs < YIELD_MS) continue;
        await new Promise<void>((resolve) => setImmediate(resolve));
        yieldedMs = this.#nowMs;
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
    this.#failures.abandon(error);
  }

  /** Whoever held the slot needs it no longer. */
  release(slot: number): void {
    this.#slots.release(slot);
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
    this.#failures.lost(device, seat, hung, reason);
  }

  /** Nobody writes these result blocks any more. */
  quarantineEnded(results: readonly number[]): void {
    for (const result of results) this.#slots.discard(result);
  }

  get #finished(): boolean {
    if (this.#slots.heldCount > 0) return false;
    for (const source of this.#sources) if (!source.finished) return false;
    return true;
  }

  get #hasNews(): boolean {
    for (const device of this.#devices) if (device.seat?.results.isEmpty === false) return true;
    for (const source of this.#sources) if (!source.frames.isEmpty) return true;
    return false;
  }

  /** One round over everything; false when there was nothing to do. HOT. */
  #turn(): boolean {
    this.#nowMs = clockMs();
    this.#dispatcher.nowMs = this.#nowMs;
    let worked = false;
    for (const device of this.#devices) {
      if (device.seat !== undefined && this.#drainResults(device, device.seat)) worked = true;
    }
    for (const source of this.#sources) {
      if (this.#drainFrames(source)) worked = true;
    }
    this.#failures.replaceBroken();
    if (this.#dispatch()) worked = true;
    this.#trace?.slotsInUse(this.#sources, this.#nowMs);
    for (const source of this.#sources) {
      if (this.#departures.letLeave(source, this.#nowMs)) worked = true;
    }
    this.#trace?.slotsInUse(this.#sources, this.#nowMs);
    if (this.#audit()) worked = true;
    return worked;
  }

  /** HOT. */
  #drainResults(device: Device, seat: Seat): boolean {
    const { results } = seat;
    let result = results.tryPop();
    if (result < 0) return false;
    for (; result >= 0; result = results.tryPop()) {
      device.running.shift();
      device.inFlight -= 1;
      device.busySinceMs = this.#slots.finishedMsOf(result);
      if (this.#slots.isError(result)) this.#failures.refused(device, result);
      else this.#answered(device, result);
    }
    results.release();
    return true;
  }

  /** HOT. */
  #answered(device: Device, result: number): void {
    const slots = this.#slots;
    const slot = slots.slotOf(result);
    const { auditing } = this.#options;
    const isAudit = auditing?.has(slot) === true;
    if (!isAudit) this.#trace?.answered(slot, result, device.index);
    device.answered(
      slots.startedMsOf(result),
      slots.finishedMsOf(result),
      slots.batchSizeOf(result),
    );
    if (isAudit) {
      auditing.audited(slot, result);
      return;
    }
    this.#options.stages.answered(slots, slot, result);
    slots.answer(slot, result);
    const { place, reorder } = slots.sourceOf(slot);
    reorder.complete(slot - place.firstSlot);
  }

  /** HOT. */
  #drainFrames(source: SourceRunner): boolean {
    const { frames } = source;
    let slot = frames.tryPop();
    if (slot < 0) return false;
    const slots = this.#slots;
    const { firstSlot } = source.place;
    for (; slot >= 0; slot = frames.tryPop()) {
      slots.enter(slot);
      this.#trace?.arrived(slot);
      source.reorder.arrive(slot - firstSlot, slots.frameIdOf(slot));
      const fate = this.#options.anchors.arrived(slot);
      if (fate === ANSWERED) source.reorder.complete(slot - firstSlot);
      if (fate === FORSAKEN) this.#failures.forsake(slot);
      if (fate !== ASKS) continue;
      if (this.#failures.takeIfHopeless(slot)) continue;
      this.assignedCount += 1;
      this.#dispatcher.arrive(slot, slots.receivedMsOf(slot));
    }
    frames.release();
    if (source.drop === "oldest" && source.freeCount === 0) {
      // The newest frame must not give way to itself: a device may be free for it.
      this.#dispatch();
      const oldest = this.#dispatcher.takeOldest(source.index);
      if (oldest >= 0) this.#giveWay(oldest, false);
    }
    return true;
  }

  /** Gives waiting frames to devices with room. HOT. */
  #dispatch(): boolean {
    if (!this.#dispatcher.dispatch()) return false;
    for (const device of this.#devices) device.seat?.commands.publish();
    return true;
  }

  /** Gives devices that have been idle for as long as a frame takes frames to audit. HOT. */
  #audit(): boolean {
    const { auditing } = this.#options;
    if (auditing === null || auditing.waiting === 0) return false;
    if (this.#sources.every((source) => source.finished)) auditing.skipWaiting();
    if (this.#dispatcher.isBusy) return false;
    let worked = false;
    for (const device of this.#devices) {
      if (!device.alive || device.inFlight > 0) continue;
      if (this.#nowMs - device.busySinceMs < device.serviceMs) continue;
      const slot = auditing.next();
      if (slot < 0) break;
      this.#give(device, slot, 0);
      device.seat?.commands.publish();
      worked = true;
    }
    return worked;
  }

  #give(device: Device, slot: number, followers: number): void {
    const result = this.#slots.assign(slot, device.index, followers);
    this.#trace?.given(slot, device.index, this.#dispatcher);
    if (device.inFlight === 0) device.busySinceMs = this.#nowMs;
    device.inFlight += 1;
    device.running.push(result);
    if (device.seat?.commands.tryPush(result) !== true) {
      throw new RangeError("a command ring is full: it has room for every result block");
    }
  }

  /** A frame no device has taken is dropped: for want of a slot, or because it comes too late. */
  #giveWay(slot: number, isLate: boolean): void {
    const slots = this.#slots;
    const source = slots.sourceOf(slot);
    source.dropping(slots.frameIdOf(slot), slots.timeMsOf(slot), isLate);
    this.#trace?.gaveWay(slot, this.#nowMs);
    const next = this.#options.anchors.lost(slot);
    source.reorder.drop(slot - source.place.firstSlot);
    if (next >= 0) this.#dispatcher.arrive(next, slots.receivedMsOf(next));
    slots.leave(slot);
    source.free.publish();
  }
}
