/** What a policy may know of one device instance. Times in ms. */
export interface DeviceState {
  /** False while the device starts, and once it was taken out. */
  alive: boolean;
  /** Frames given to the device and not answered yet. */
  inFlight: number;
  /** Frames the device may hold at once. */
  readonly depth: number;
  /** Frames assigned to this device alone that still wait. */
  assigned: number;
  /** Monotonic time when its current call was given; meaningless while `inFlight` is 0. */
  busySinceMs: number;
  /** Estimated service time of a frame on its own; 0 while unknown. */
  serviceMs: number;
  /** Frames it may be given in one call, which it answers together; see `batching.ts`. */
  readonly batch: number;
  /** Time each further frame adds to a call, as a share of `serviceMs`. */
  readonly batchCost: number;
  /** Share of the frames under fixed-share policies; proportional to frames a second. */
  readonly weight: number;
  /** How many times longer a frame takes than when the device began; 1 while it has not changed. */
  readonly slowdown: number;
}

/** What a policy sees. */
export interface ScheduleState {
  readonly devices: readonly DeviceState[];
  /** Frames waiting for whoever takes them, in the order in which they are to be served. */
  readonly waiting: number;
  /**
   * Index of the last waiting frame whose source is held up, for it has no slot free or about to
   * be; -1 where no such source has a frame waiting: the pipeline is not saturated.
   */
  readonly lastHeldUp: number;
  /** Slots of the sources that have a frame waiting; those of idle ones are of no use to others. */
  readonly slotCount: number;
  /** Monotonic clock. */
  readonly nowMs: number;
}

/**
 * A scheduling policy: which device answers which frame. It keeps no clock and does no I/O: state
 * in, decision out. Frames come in the order in which they are to be served, by arrival within a
 * source and by turns among several; they are never chosen by slot.
 *
 * A policy that assigns on entering implements `enter`, and each device takes the frames assigned
 * to it, in that order. A policy that lets devices choose returns -1 there and implements `next`.
 *
 * No policy may let a frame starve: as long as devices answer, the first waiting frame is taken
 * after a bounded number of others.
 */
export interface Scheduler {
  readonly name: string;
  /**
   * A frame enters (or enters again because its device has gone): the index of a living device
   * that it is assigned to, or -1 to leave it to whoever takes it.
   */
  enter(state: ScheduleState): number;
  /**
   * Device `device` has room and `state.waiting` is at least 1: the index of the waiting frame it
   * takes, 0 being the first, or -1 to leave it idle. The quickest is asked first; where one is
   * left idle, slower ones are too, without being asked.
   */
  next(state: ScheduleState, device: number): number;
}
