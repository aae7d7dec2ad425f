import { mulberry32 } from "../random.ts";
import { type ServiceTimeOptions, serviceTimes } from "../service-times.ts";
import { BatchLimit } from "./batch-limit.ts";
import { batchFactor } from "./batching.ts";
import { DriftWatch } from "./drift.ts";
import type { DeviceState } from "./scheduler.ts";
import { ServiceEstimate } from "./service-estimate.ts";

/** Keeps the stream that draws failures apart from the one that draws times. */
const FAILURE_STREAM = 0x5bd1e995;
/** A frame may take this long, or this many times the estimate, before the device hangs. */
const HANG_MS = 2000;
const HANG_FACTOR = 20;
/** Time a new worker needs to start. */
const RESTART_MS = 100;
/** Restarts a device gets in `RESTART_WINDOW_MS`; the next loss takes it out. */
const RESTART_COUNT_MAX = 3;
const RESTART_WINDOW_MS = 60_000;

/** A device as a simulation models it. Ordinals count its frames since its last start. */
export interface DeviceModel extends ServiceTimeOptions {
  /** Probability that a frame fails. */
  readonly fail: number;
  /** Ordinal of the frame on which it stops answering, or null. */
  readonly hangAt: number | null;
  /** Ordinal of the frame on which its worker dies, or null. */
  readonly dieAt: number | null;
  /** Share under fixed-share policies. */
  readonly weight: number;
  /** Service time expected before the first answer, in ms; 0 where unknown. */
  readonly expectedMs: number;
  /** Most frames it takes in one call. Default 1. */
  readonly batch?: number;
  /** Latency goal in ms that limits its batches; see `BatchLimit`. Default null. */
  readonly goalMs?: number | null;
}

/** A model of what is given, without spread and faults where nothing is said. */
export function deviceModel(
  given: Partial<DeviceModel> & Pick<DeviceModel, "serviceMs">,
): DeviceModel {
  const faultless = { fail: 0, hangAt: null, dieAt: null, slowAt: [] };
  return { cv: 0, seed: 1, weight: 1, expectedMs: 0, ...faultless, ...given };
}

/** How a frame on a device ends. */
export type FrameEnd = "answered" | "failed" | "lost";

/** One modelled device at work, as a policy sees it. */
export class ModelledDevice implements DeviceState {
  readonly depth = 1;
  readonly weight: number;
  alive = true;
  inFlight = 0;
  assigned = 0;
  busySinceMs = 0;
  serviceMs: number;
  readonly batchCost: number;
  /** Slots of the frames it is at; empty while idle. */
  readonly slots: number[] = [];
  /** How that call will end. */
  end: FrameEnd = "answered";
  /** Taken out for good. */
  out = false;
  frames = 0;
  busyMs = 0;
  readonly #model: DeviceModel;
  readonly #estimate = new ServiceEstimate();
  readonly #drift = new DriftWatch();
  readonly #limit: BatchLimit;
  readonly #fails: () => number;
  readonly #restartsMs: number[] = [];
  #nextServiceMs: (ordinal: number, count: number) => number;
  #ordinal = 0;

  constructor(model: DeviceModel) {
    this.#model = model;
    this.weight = model.weight;
    this.serviceMs = model.expectedMs;
    this.batchCost = model.batchCost ?? 1;
    const { batch = 1, goalMs = null } = model;
    this.#limit = new BatchLimit({ max: batch, batchCost: this.batchCost, goalMs });
    this.#limit.begin(model.expectedMs);
    this.#nextServiceMs = serviceTimes(model);
    this.#fails = mulberry32(model.seed ^ FAILURE_STREAM);
  }

  get slowdown(): number {
    return this.#drift.slowdown;
  }

  get batch(): number {
    return this.#limit.value;
  }

  /** Takes the frame in `slot` into the call that begins next. */
  take(slot: number): void {
    this.slots.push(slot);
    this.inFlight += 1;
  }

  /** Begins the call with the frames taken; returns when it will end. */
  begin(nowMs: number): number {
    const { dieAt, hangAt, fail } = this.#model;
    const first = this.#ordinal;
    const count = this.slots.length;
    this.#ordinal += count;
    this.busySinceMs = nowMs;
    this.end = "lost";
    const isIn = (frame: number | null): boolean =>
      frame !== null && frame >= first && frame < first + count;
    if (isIn(dieAt)) return nowMs;
    const aloneMs = Math.max(this.#estimate.p99Ms, this.#model.expectedMs);
    const limitMs = Math.max(HANG_MS, HANG_FACTOR * aloneMs * batchFactor(this, count));
    const takesMs = isIn(hangAt) ? limitMs : this.#nextServiceMs(first, count);
    if (takesMs >= limitMs) return nowMs + limitMs;
    this.end = fail > 0 && this.#fails() < fail ? "failed" : "answered";
    return nowMs + takesMs;
  }

  /** Ends the current call: idle again, or gone where it ended as `lost`. Returns its slots. */
  finish(nowMs: number): readonly number[] {
    const slots = this.slots.splice(0);
    const count = slots.length;
    const elapsedMs = nowMs - this.busySinceMs;
    this.inFlight = 0;
    if (this.end === "lost") {
      this.alive = false;
    } else if (this.end === "answered") {
      this.frames += count;
      this.busyMs += elapsedMs;
      const aloneMs = elapsedMs / batchFactor(this, count);
      this.serviceMs = this.#estimate.answered(aloneMs, this.serviceMs === 0);
      this.#drift.look(nowMs, this.#estimate, this.frames);
      this.#limit.answered(count, elapsedMs, this.serviceMs);
    }
    return slots;
  }

  /** When a lost device will be back; infinite where it has been restarted too often. */
  nextStartMs(nowMs: number): number {
    const recent = this.#restartsMs.filter((ms) => ms > nowMs - RESTART_WINDOW_MS).length;
    this.out = recent >= RESTART_COUNT_MAX;
    if (this.out) return Number.POSITIVE_INFINITY;
    this.#restartsMs.push(nowMs);
    return nowMs + RESTART_MS;
  }

  /** Back again, with a fresh worker. */
  restart(): void {
    this.alive = true;
    this.#ordinal = 0;
    this.#nextServiceMs = serviceTimes(this.#model);
  }
}
