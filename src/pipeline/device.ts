import type { DeviceInstance, SessionTask } from "../backend/backend.ts";
import { WorkerControl } from "../layout/layout.gen.ts";
import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { ArenaLayout } from "../ring/arena.ts";
import { Ring } from "../ring/ring.ts";
import { BatchLimit } from "../schedule/batch-limit.ts";
import { batchFactor, batchGain, costOf } from "../schedule/batching.ts";
import { DriftWatch } from "../schedule/drift.ts";
import { IndexQueue } from "../schedule/index-queue.ts";
import type { DeviceState } from "../schedule/scheduler.ts";
import { ServiceEstimate } from "../schedule/service-estimate.ts";
import type { WarmUp } from "./warm-up.ts";

/** Work given ahead to a device, so that it need not wait for the manager between two frames. */
const AHEAD_MS = 1;
/** A frame may take this long, or this many times the device's p99, before the device hangs. */
const HANG_MS = 2000;
const HANG_P99_FACTOR = 20;

/** A worker's place in the arena. */
export class Seat {
  readonly index: number;
  readonly commands: Ring;
  readonly results: Ring;
  readonly #control: Int32Array;
  readonly #busySince: Float64Array;
  worker: Worker | undefined;
  /** Result blocks that a hung worker may still write; given back when its thread has ended. */
  quarantined: number[] = [];

  constructor(arena: SharedArrayBuffer, layout: ArenaLayout, index: number) {
    const place = layout.seats[index];
    if (place === undefined) throw new RangeError(`seat ${index} of ${layout.seats.length}`);
    this.index = index;
    this.commands = new Ring(arena, place.commandRingOffset, layout.seatRingCapacity);
    this.results = new Ring(arena, place.resultRingOffset, layout.seatRingCapacity);
    this.#control = new Int32Array(arena, place.controlOffset, WorkerControl.sizeBytes / 4);
    this.#busySince = new Float64Array(arena, place.controlOffset + WorkerControl.busySinceMs, 1);
  }

  /** Makes the seat ready for another worker. Only after the last one's thread has ended. */
  reset(): void {
    this.commands.reset();
    this.results.reset();
    this.#control.fill(0);
    this.#control[WorkerControl.currentResult / 4] = -1;
    this.worker = undefined;
  }

  /** Asks the worker to end; native waits see it within 100 ms. */
  stop(): void {
    Atomics.store(this.#control, WorkerControl.stop / 4, 1);
    this.commands.wake();
  }

  /** Since when the worker has been at its current frame, in ms; null while it is idle. */
  get busySinceMs(): number | null {
    if (Atomics.load(this.#control, WorkerControl.currentResult / 4) < 0) return null;
    return this.#busySince[0] as number;
  }
}

/** A restarted worker is given this long, and this many times what the first one took. */
const START_MS = 30_000;
const START_FACTOR = 20;

/** One device instance as the manager sees it: its state for the scheduler, and its figures. */
export class Device implements DeviceState {
  readonly index: number;
  readonly instance: DeviceInstance;
  readonly weight: number;
  alive = false;
  inFlight = 0;
  assigned = 0;
  busySinceMs = 0;
  serviceMs = 0;
  /** Time of a frame when its worker last warmed up. */
  warmFrameMs = 0;
  batchCost = 1;
  /** What its first start took, model and warm-up, in ms; null until it has started. */
  firstStartMs: number | null = null;
  /** Result blocks given to the worker, in the order it answers them. */
  readonly running: IndexQueue;
  seat: Seat | undefined;
  /** Monotonic times of restarts, for the limit of restarts a minute. */
  readonly restartsMs: number[] = [];
  /** Why the device was taken out; null while it takes part. */
  outReason: string | null = null;
  /** Frames it answered, and the calls it took. */
  frames = 0;
  calls = 0;
  /** Frames in a row that it gave an error for. */
  failuresInRow = 0;
  busyMs = 0;
  readonly estimate: ServiceEstimate = new ServiceEstimate();
  readonly drift: DriftWatch = new DriftWatch();
  readonly latency: LatencyHistogram = new LatencyHistogram();
  readonly #goalMs: number | null;
  #limit = new BatchLimit({ max: 1, batchCost: 1, goalMs: null });
  /** When the call began whose answers came last. */
  #callMs = -1;

  /** @param goalMs latency goal of a frame that limits batches; null for the default */
  constructor(index: number, instance: DeviceInstance, layout: ArenaLayout, goalMs: number | null) {
    this.#goalMs = goalMs;
    this.index = index;
    this.instance = instance;
    this.weight = instance.weight;
    this.running = new IndexQueue(layout.resultCount);
  }

  get slowdown(): number {
    return this.drift.slowdown;
  }

  /** Frames the device may hold at once: one, and about a millisecond's work ahead. */
  get depth(): number {
    if (this.serviceMs === 0) return 1;
    return 1 + Math.min(Math.floor(AHEAD_MS / this.serviceMs), this.seat?.commands.capacity ?? 0);
  }

  /** Frames of one call at most: as many as were found to gain, and as the latency goal allows. */
  get batch(): number {
    return this.#limit.value;
  }

  /** Its worker is warm; what that told decides how many frames go into one call. */
  warmed({ frameMs, callsMs }: WarmUp, { batch = 1, simulated }: SessionTask): void {
    const [largest, largestMs] = callsMs.at(-1) ?? [1, frameMs];
    let max = 1;
    this.warmFrameMs = frameMs;
    this.batchCost = 1;
    if (simulated !== null && batch !== "auto") {
      [max, this.batchCost] = [batch, simulated.batchCost ?? 1];
    } else if (batch === "auto") {
      ({ batch: max, batchCost: this.batchCost } = batchGain(callsMs));
    } else {
      [max, this.batchCost] = [largest, costOf(frameMs, largest, largestMs)];
    }
    const { goalFrames } = this.instance;
    this.#limit = new BatchLimit({
      max,
      batchCost: this.batchCost,
      goalMs: this.#goalMs,
      ...(goalFrames !== undefined && { goalFrames }),
    });
    this.#limit.begin(simulated === null ? frameMs : this.instance.expectedMs);
  }

  /** Takes note of an answered frame, one of `count` in a call. HOT. */
  answered(startedMs: number, finishedMs: number, count: number): void {
    const elapsedMs = finishedMs - startedMs;
    this.frames += 1;
    this.failuresInRow = 0;
    this.busyMs += elapsedMs / count;
    this.latency.record(elapsedMs);
    if (startedMs === this.#callMs) return;
    this.#callMs = startedMs;
    this.calls += 1;
    const aloneMs = elapsedMs / batchFactor(this, count);
    this.serviceMs = this.estimate.answered(aloneMs, this.serviceMs === 0);
    this.#limit.answered(count, elapsedMs, this.serviceMs);
  }

  /**
   * How long a frame may take, in ms, before the device counts as hung. What its warm-up took and
   * what was expected of it count too: before the first answer there is no p99.
   */
  get hangLimitMs(): number {
    const aloneMs = Math.max(this.estimate.meanMs, this.warmFrameMs, this.instance.expectedMs);
    const slowMs = Math.max(this.latency.percentile(99), aloneMs * batchFactor(this, this.batch));
    return Math.max(HANG_MS, HANG_P99_FACTOR * slowMs);
  }

  /**
   * How long a fresh worker may take to start, in ms, before that counts as failed. A first start
   * has no limit: compiling a large model for an accelerator takes minutes, and somebody watches.
   */
  startLimitMs(leastMs: number = START_MS): number {
    if (this.firstStartMs === null) return Number.POSITIVE_INFINITY;
    return Math.max(leastMs, START_FACTOR * this.firstStartMs);
  }

  /**
   * Whether a frame that has taken this long counts as hung; a percentile is found only if it may.
   */
  hangsAfter(elapsedMs: number): boolean {
    return elapsedMs >= HANG_MS && elapsedMs >= this.hangLimitMs;
  }
}
