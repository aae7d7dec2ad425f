import { batchShare } from "./batching.ts";
import { IndexQueue } from "./index-queue.ts";
import { RestedDevices } from "./rested.ts";
import type { DeviceState, Scheduler, ScheduleState } from "./scheduler.ts";

/** Devices a frame is given to before it counts as failed. */
export const ATTEMPT_COUNT_MAX = 2;

export interface DispatcherOptions {
  readonly scheduler: Scheduler;
  readonly devices: readonly DeviceState[];
  /** Slots of all sources together. */
  readonly slotCount: number;
  /** See `ScheduleState.freeSlots`; asked for only where a policy wants to know. */
  readonly freeSlots: () => number;
  /**
   * Device `device` takes the frame in `slot`; must count it in the device's `inFlight`. The next
   * `followers` frames given, at once and to the same device, are of the same call.
   */
  readonly give: (device: number, slot: number, followers: number) => void;
  /** Device `device` has room, and leaves what waits to others. */
  readonly onDefer?: (device: number) => void;
}

/**
 * The frames that wait, and who takes them: a policy applied. Frames are known by their slots, and
 * ordered by arrival, also those that come back because their device has failed or gone.
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
  readonly #waiting: IndexQueue;
  /** Frames to be tried once more. */
  readonly #retry: IndexQueue;
  /** Frames assigned to each device. */
  readonly #assigned: readonly IndexQueue[];
  readonly #queues: readonly IndexQueue[];
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
  #queue: IndexQueue;
  #place = 0;

  constructor(options: DispatcherOptions) {
    const { devices, slotCount } = options;
    this.#options = options;
    this.devices = devices;
    this.#waiting = new IndexQueue(slotCount);
    this.#retry = new IndexQueue(slotCount);
    this.#assigned = devices.map(() => new IndexQueue(slotCount));
    this.#queues = [this.#retry, this.#waiting, ...this.#assigned];
    this.#rested = new RestedDevices(devices);
    this.#queue = this.#waiting;
    this.#order = Int32Array.from(devices, (_, index) => index);
    this.#arrival = new Float64Array(slotCount);
    this.#failedOn = new Int32Array(slotCount);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get slotCount(): number {
    return this.#options.slotCount;
  }

  get freeSlots(): number {
    return this.#options.freeSlots();
  }

  /** A frame arrives in `slot`. HOT. */
  arrive(slot: number): void {
    this.#arrival[slot] = this.#arrivals;
    this.#arrivals += 1;
    this.#enter(slot);
  }

  /** The frame in `slot` failed on `device`, and is to be tried on another if there is one. */
  retry(slot: number, device: number): void {
    this.#failedOn[slot] = device;
    this.#insert(this.#retry, slot);
  }

  /** The device has gone: what was assigned to it enters again. Returns how many frames that is. */
  deviceGone(device: number): number {
    const queue = this.#assigned[device] as IndexQueue;
    const count = queue.length;
    for (let moved = 0; moved < count; moved += 1) this.#enter(queue.shift());
    const state = this.devices[device] as DeviceState;
    state.assigned = queue.length;
    // Whoever comes back may be as quick as ever.
    state.serviceMs = 0;
    return count;
  }

  /** Gives frames to devices with room, one call each in turn, quickest first. HOT. */
  dispatch(): boolean {
    let worked = false;
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

  /**
   * Takes out the oldest frame in a slot from `first` to `end - 1` that waits for its first
   * device; -1 where none does.
   */
  takeOldest(first: number, end: number): number {
    let oldest: IndexQueue | undefined;
    let oldestIndex = -1;
    let arrival = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues) {
      if (queue === this.#retry) continue;
      for (let index = 0; index < queue.length; index += 1) {
        const slot = queue.at(index);
        if (slot < first || slot >= end) continue;
        if ((this.#arrival[slot] as number) < arrival) {
          oldest = queue;
          oldestIndex = index;
          arrival = this.#arrival[slot] as number;
        }
        break;
      }
    }
    if (oldest === undefined) return -1;
    const slot = oldest.removeAt(oldestIndex);
    this.#countAssigned();
    return slot;
  }

  /** Takes out any frame, those to be tried again first; -1 where none waits. */
  takeAny(): number {
    const queue = this.#queues.find((each) => each.length > 0);
    if (queue === undefined) return -1;
    const slot = queue.shift();
    this.#countAssigned();
    return slot;
  }

  #enter(slot: number): void {
    const device = this.#options.scheduler.enter(this);
    if (device < 0) {
      this.#insert(this.#waiting, slot);
      return;
    }
    this.#insert(this.#assigned[device] as IndexQueue, slot);
    (this.devices[device] as DeviceState).assigned += 1;
  }

  /** Adds a frame by its arrival: at the end, unless it has come back. */
  #insert(queue: IndexQueue, slot: number): void {
    const arrival = this.#arrival[slot] as number;
    let index = queue.length;
    while (index > 0 && (this.#arrival[queue.at(index - 1)] as number) > arrival) index -= 1;
    queue.insertAt(index, slot);
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
      this.#options.give(index, queue.removeAt(place), left);
    }
  }

  /**
   * Chooses the frame that device `index` takes now, or the first of several; false for none.
   * Whether they are to be tried again, are assigned to it or wait for anybody: the oldest go
   * first, so that no kind starves another.
   */
  #choose(index: number): boolean {
    this.place = 0;
    const own = this.#assigned[index] as IndexQueue;
    const waitingIsOlder = this.#isBefore(this.#waiting.at(0), own.at(0));
    if (this.#retry.length > 0) {
      const place = this.#retryPlace(index);
      const oldest = waitingIsOlder ? this.#waiting.at(0) : own.at(0);
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
    return own.length > 0 && this.#chosen(own, 0);
  }

  #chosen(queue: IndexQueue, place: number): true {
    this.#queue = queue;
    this.#place = place;
    return true;
  }

  /** Whether the frame in `slot` arrived before the one in `other`; -1, no frame, is before none. */
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
      const queue = this.#assigned[index] as IndexQueue;
      (this.devices[index] as DeviceState).assigned = queue.length;
    }
  }
}
