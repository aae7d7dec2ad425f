import { batchShare } from "./batching.ts";
import { Deadlines } from "./deadlines.ts";
import { FairQueue } from "./fair-queue.ts";
import { IndexQueue } from "./index-queue.ts";
import { RestedDevices } from "./rested.ts";
import type { DeviceState, Scheduler, ScheduleState } from "./scheduler.ts";
import { type SourceShare, slotOwners } from "./source-share.ts";

/** Devices a frame is given to before it counts as failed. */
export const ATTEMPT_COUNT_MAX = 2;

export interface DispatcherOptions {
  readonly scheduler: Scheduler;
  readonly devices: readonly DeviceState[];
  /** What each source is entitled to. Slots are numbered one source after the other. */
  readonly sources: readonly SourceShare[];
  /** Whether a source still delivers and has no slot free, nor one about to be. */
  readonly isHeldUp: (source: number) => boolean;
  /**
   * Device `device` takes the frame in `slot`; must count it in the device's `inFlight`. The next
   * `followers` frames given, at once and to the same device, are of the same call.
   */
  readonly give: (device: number, slot: number, followers: number) => void;
  /** The frame in `slot` has waited beyond its source's deadline: nobody takes it any more. */
  readonly expire: (slot: number) => void;
  /** Device `device` has room, and leaves what waits to others. */
  readonly onDefer?: (device: number) => void;
}

/**
 * The frames that wait, and who takes them: a policy applied. Frames are known by their slots.
 * Those of a source are ordered by arrival, also those that come back because their device has
 * failed or gone; sources take turns as `FairQueue` has it.
 *
 * Pure, but for what `give` does. It allocates nothing after construction.
 */
export class Dispatcher implements ScheduleState {
  readonly devices: readonly DeviceState[];
  /** Monotonic clock; to be set before a policy is asked. */
  nowMs = 0;
  /** Among those that waited for anybody, the place of the frame given last; 0 for others. */
  place = 0;
  readonly #options: DispatcherOptions;
  /** Frames waiting for whoever takes them. */
  readonly #waiting: FairQueue;
  /** Frames to be tried once more. */
  readonly #retry: IndexQueue;
  /** Frames assigned to each device. */
  readonly #assigned: readonly FairQueue[];
  /** All that wait for their first device. */
  readonly #queues: readonly FairQueue[];
  readonly #deadlines: Deadlines;
  /** Devices, quickest first. */
  readonly #order: Int32Array;
  // Per slot:
  readonly #arrival: Float64Array;
  readonly #failedOn: Int32Array;
  #arrivals = 0;
  readonly #rested: RestedDevices;
  /** A device has left what waits to quicker ones; slower ones would too. */
  #declined = false;
  /** Where the frame taken last stood, and so where those stand that may go with it. */
  #queue: FairQueue | IndexQueue;
  #place = 0;

  constructor(options: DispatcherOptions) {
    const { devices, sources } = options;
    const owners = slotOwners(sources);
    const slotCount = owners.length;
    this.#options = options;
    this.devices = devices;
    this.#rested = new RestedDevices(devices);
    this.#arrival = new Float64Array(slotCount);
    const queue = { shares: sources, arrivals: this.#arrival };
    this.#waiting = new FairQueue(queue);
    this.#retry = new IndexQueue(slotCount);
    this.#queue = this.#retry;
    this.#assigned = devices.map(() => new FairQueue(queue));
    this.#queues = [this.#waiting, ...this.#assigned];
    this.#deadlines = new Deadlines(sources, this.#queues);
    this.#order = Int32Array.from(devices, (_, index) => index);
    this.#failedOn = new Int32Array(slotCount);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether any frame waits for a device. */
  get isBusy(): boolean {
    if (this.#retry.length > 0) return true;
    for (const queue of this.#queues) if (queue.length > 0) return true;
    return false;
  }

  get slotCount(): number {
    const { sources } = this.#options;
    let count = 0;
    for (let source = 0; source < sources.length; source += 1) {
      if (this.#waiting.oldestOf(source) >= 0) count += (sources[source] as SourceShare).slots;
    }
    return count;
  }

  get lastHeldUp(): number {
    return this.#waiting.lastPlaceOf(this.#options.isHeldUp);
  }

  /**
   * A frame arrives in `slot`. HOT.
   * @param sinceMs when its source received it, from which its deadline counts
   */
  arrive(slot: number, sinceMs: number = this.nowMs): void {
    this.#arrival[slot] = this.#arrivals;
    this.#arrivals += 1;
    this.#deadlines.arrive(slot, sinceMs);
    this.#enter(slot);
  }

  /** The frame in `slot` failed on `device`, and is to be tried on another if there is one. */
  retry(slot: number, device: number): void {
    this.#failedOn[slot] = device;
    const retry = this.#retry;
    let place = retry.length;
    while (place > 0 && this.#isBefore(slot, retry.at(place - 1))) place -= 1;
    retry.insertAt(place, slot);
  }

  /** The device has gone: what was assigned to it enters again. Returns how many frames that is. */
  deviceGone(device: number): number {
    const queue = this.#assigned[device] as FairQueue;
    const count = queue.length;
    for (let moved = 0; moved < count; moved += 1) this.#enter(queue.takeAt(0));
    const state = this.devices[device] as DeviceState;
    state.assigned = queue.length;
    // Whoever comes back may be as quick as ever.
    state.serviceMs = 0;
    return count;
  }

  /** Gives frames to devices with room, one call each in turn, quickest first. HOT. */
  dispatch(): boolean {
    let worked = this.#expire();
    this.#declined = false;
    this.#rested.look(this.nowMs, this.#arrivals);
    this.#sortDevices();
    for (let progress = true; progress; ) {
      progress = false;
      for (let rank = 0; rank < this.#order.length; rank += 1) {
        const index = this.#order[rank] as number;
        const device = this.devices[index] as DeviceState;
        if (!device.alive || device.inFlight >= device.depth) continue;
        if (!this.#choose(index)) continue;
        this.#giveCall(index, device);
        this.#rested.given(index, this.nowMs, this.#arrivals);
        progress = true;
        worked = true;
      }
    }
    return worked;
  }

  /** Takes out the frame of `source` that has waited longest for its first device; -1 for none. */
  takeOldest(source: number): number {
    let oldest: FairQueue | undefined;
    for (const queue of this.#queues) {
      const slot = queue.oldestOf(source);
      if (this.#isBefore(slot, oldest?.oldestOf(source) ?? -1)) oldest = queue;
    }
    if (oldest === undefined) return -1;
    const slot = oldest.dropOldest(source);
    this.#countAssigned();
    return slot;
  }

  /** Takes out any frame, those to be tried again first; -1 where none waits. */
  takeAny(): number {
    if (this.#retry.length > 0) return this.#retry.shift();
    const queue = this.#queues.find((each) => each.length > 0);
    if (queue === undefined) return -1;
    const slot = queue.takeAt(0);
    this.#countAssigned();
    return slot;
  }

  /** Lets go of the frames whose time has passed; whether there were any. */
  #expire(): boolean {
    let source = this.#deadlines.next(this.nowMs);
    if (source < 0) return false;
    for (; source >= 0; source = this.#deadlines.next(this.nowMs)) {
      this.#options.expire(this.takeOldest(source));
    }
    return true;
  }

  #enter(slot: number): void {
    const device = this.#options.scheduler.enter(this);
    if (device < 0) {
      this.#waiting.push(slot);
      return;
    }
    (this.#assigned[device] as FairQueue).push(slot);
    (this.devices[device] as DeviceState).assigned += 1;
  }

  /**
   * Gives the chosen frame, and with it those behind it that go into the same call. A frame to be
   * tried again goes alone: what made its call fail may be itself.
   */
  #giveCall(index: number, device: DeviceState): void {
    const queue = this.#queue;
    const place = this.#place;
    let count = 1;
    if (device.batch > 1 && queue !== this.#retry) {
      const available = queue.length - place;
      count =
        queue === this.#waiting
          ? batchShare(this.devices, index, available)
          : Math.min(device.batch, available);
    }
    if (queue !== this.#waiting && queue !== this.#retry) device.assigned -= count;
    for (let left = count - 1; left >= 0; left -= 1) {
      this.#options.give(index, queue.takeAt(place), left);
    }
  }

  /**
   * Chooses the frame that device `index` takes now, or the first of several; false for none.
   * Whether they are to be tried again, are assigned to it or wait for anybody: the oldest go
   * first, so that no kind starves another.
   */
  #choose(index: number): boolean {
    this.place = 0;
    const own = this.#assigned[index] as FairQueue;
    const ownFirst = own.at(0);
    const waitingFirst = this.#waiting.at(0);
    const waitingIsOlder = this.#isBefore(waitingFirst, ownFirst);
    if (this.#retry.length > 0) {
      const place = this.#retryPlace(index);
      const oldest = waitingIsOlder ? waitingFirst : ownFirst;
      if (place >= 0 && this.#isBefore(this.#retry.at(place), oldest)) {
        return this.#chosen(this.#retry, place);
      }
    }
    if (waitingIsOlder && !this.#declined) {
      const place = this.#options.scheduler.next(this, index);
      if (place >= 0) {
        this.place = place;
        return this.#chosen(this.#waiting, place);
      }
      this.#declined = true;
      this.#options.onDefer?.(index);
    }
    return ownFirst >= 0 && this.#chosen(own, 0);
  }

  #chosen(queue: FairQueue | IndexQueue, place: number): true {
    this.#queue = queue;
    this.#place = place;
    return true;
  }

  /**
   * Whether the frame in `slot` arrived before the one in `other`; -1, no frame, is before none.
   */
  #isBefore(slot: number, other: number): boolean {
    if (slot < 0) return false;
    return other < 0 || (this.#arrival[slot] as number) < (this.#arrival[other] as number);
  }

  /**
   * Place of the oldest frame to be tried again that device `index` may take: one that failed on
   * another, unless there is no other; -1 for none.
   */
  #retryPlace(index: number): number {
    let others = false;
    for (let other = 0; other < this.devices.length; other += 1) {
      if (other !== index && this.devices[other]?.alive === true) others = true;
    }
    for (let place = 0; place < this.#retry.length; place += 1) {
      if (!others || this.#failedOn[this.#retry.at(place)] !== index) return place;
    }
    return -1;
  }

  /** Insertion sort: the order hardly ever changes. */
  #sortDevices(): void {
    const order = this.#order;
    for (let rank = 1; rank < order.length; rank += 1) {
      const index = order[rank] as number;
      const { serviceMs } = this.devices[index] as DeviceState;
      let place = rank;
      for (; place > 0; place -= 1) {
        const before = order[place - 1] as number;
        if ((this.devices[before] as DeviceState).serviceMs <= serviceMs) break;
        order[place] = before;
      }
      order[place] = index;
    }
  }

  #countAssigned(): void {
    for (let index = 0; index < this.devices.length; index += 1) {
      const queue = this.#assigned[index] as FairQueue;
      (this.devices[index] as DeviceState).assigned = queue.length;
    }
  }
}
