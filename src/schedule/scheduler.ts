/** What a policy may know of one device instance. Times in ms. */
export interface DeviceState {
  /** False once the device was taken out. */
  alive: boolean;
  /** Frames given to the device and not answered yet. */
  inFlight: number;
  /** Monotonic time when its current frame was given; meaningless while `inFlight` is 0. */
  busySinceMs: number;
  /** Estimated service time of a frame; 0 while unknown. */
  serviceMs: number;
  /** Share of the frames under fixed-share policies. */
  weight: number;
}

/** What a policy sees: the devices and the frames that wait, oldest first. */
export interface ScheduleState {
  readonly devices: readonly DeviceState[];
  /** Number of frames waiting in the queue the policy is asked about. */
  readonly waiting: number;
  /** Device each waiting frame was assigned to on entering, oldest first; -1 for none. */
  assignedDevice(index: number): number;
  /** Slots free for new frames; 0 means that the pipeline is saturated. */
  readonly freeSlots: number;
  readonly nowMs: number;
}

/**
 * A scheduling policy: which waiting frame a free device takes. It keeps no clock and does no I/O:
 * state in, decision out. Frames wait in order of arrival and are never chosen by slot.
 */
export interface Scheduler {
  readonly name: string;
  /**
   * A frame enters: the device it is assigned to, or -1 to leave it to whoever is free.
   * Called once per frame, in order of arrival, and again when the assigned device has gone.
   */
  enter(state: ScheduleState): number;
  /**
   * Device `device` has room: the index of the waiting frame it takes, or -1 to leave it idle.
   */
  next(state: ScheduleState, device: number): number;
}
