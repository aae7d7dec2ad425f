import type { BackendSession, BatchOption } from "../backend/backend.ts";
import { AipError } from "../errors.ts";
import { blankSlot } from "../layout/blank-slot.ts";
import { ResultDescriptor, Status } from "../layout/layout.gen.ts";
import { addressOf, clockMs, lastError } from "../native/library.ts";
import { AddressTable } from "../native/session.ts";
import { DETECTIONS_OFFSET, PAYLOAD_OFFSET, rootArena } from "../ring/arena.ts";
import { batchGain } from "../schedule/batching.ts";
import type { FrameGeometry } from "../types.ts";

/** A first frame that took longer says little about those to come. */
const COLD_FRAME_MS = 50;
/** A device whose frames take longer is not asked whether batches help: the start would wait. */
const AUTO_FRAME_MS_MAX = 100;
/** Calls of each size after one that is not counted; the quickest counts, as noise only adds. */
const CALL_COUNT = 4;

/** What a device's first frames, which nobody sees, have told of it. */
export interface WarmUp {
  /** Time of a warm frame in ms, or an upper bound of it. */
  readonly frameMs: number;
  /** Times in ms of calls by their frames, from 1 upwards; empty where batches are not wanted. */
  readonly callsMs: readonly (readonly [count: number, ms: number])[];
}

/**
 * Some frames nobody sees: shaders compile, arenas grow, pages are touched. Where the first took
 * long, a second one tells how long a frame takes without all that. Where the device may be given
 * several frames in one call, it is found out how long such calls take.
 *
 * @throws {AipError} `warm-up-failed`
 */
export function warmUp(
  session: BackendSession,
  batch: BatchOption,
  payloadBytes: number,
  geometry: FrameGeometry,
): WarmUp {
  const bench = new WarmUpBench(session, payloadBytes, geometry);
  const firstMs = bench.frameMs();
  const frameMs = firstMs < COLD_FRAME_MS ? firstMs : bench.frameMs();
  const possible = session.batch?.sizeMax ?? 1;
  const sizeMax = batch === "auto" ? possible : Math.min(possible, batch);
  if (sizeMax === 1 || (batch === "auto" && frameMs > AUTO_FRAME_MS_MAX)) {
    return { frameMs, callsMs: [] };
  }
  if (batch === "auto") return { frameMs, callsMs: gainingCalls(bench, sizeMax) };
  const times = bench.pairMs(1, sizeMax);
  if (times === null) throw failed(bench.message);
  const [singleMs, callMs] = times;
  return {
    frameMs,
    callsMs: [
      [1, singleMs],
      [sizeMax, callMs],
    ],
  };
}

/**
 * Times of calls of 1, 2, 4 … frames, as long as twice as many gain, and of the first that do not.
 */
function gainingCalls(bench: WarmUpBench, sizeMax: number): WarmUp["callsMs"] {
  const callsMs: [number, number][] = [];
  for (let size = 1; size < sizeMax; ) {
    const next = Math.min(2 * size, sizeMax);
    const times = bench.pairMs(size, next);
    // Nobody asked for batches, and one frame can still be answered.
    if (times === null) return callsMs;
    const smaller = callsMs.pop() ?? [size, times[0]];
    callsMs.push([size, Math.min(smaller[1], times[0])], [next, times[1]]);
    if (batchGain(callsMs).batch < next) return callsMs;
    size = next;
  }
  return callsMs;
}

/** A blank picture and result blocks for it, to be given to a session several at a time. */
class WarmUpBench {
  /** Why the last call failed. */
  message = "";
  readonly #session: BackendSession;
  readonly #slot: number;
  readonly #blocks: readonly Uint8Array[];
  readonly #slots: AddressTable;
  readonly #results: AddressTable;

  constructor(session: BackendSession, payloadBytes: number, geometry: FrameGeometry) {
    const sizeMax = session.batch?.sizeMax ?? 1;
    const slot = blankSlot(geometry);
    rootArena(slot.buffer as SharedArrayBuffer);
    this.#session = session;
    this.#slot = addressOf(slot);
    this.#blocks = Array.from({ length: sizeMax }, () => resultBlock(payloadBytes));
    this.#slots = new AddressTable(sizeMax);
    this.#results = new AddressTable(sizeMax);
    for (const [place, block] of this.#blocks.entries()) {
      this.#slots.set(place, this.#slot);
      this.#results.set(place, addressOf(block));
    }
  }

  /** Time of one frame. @throws {AipError} `warm-up-failed` */
  frameMs(): number {
    const beganMs = clockMs();
    const status = this.#session.warmUp(this.#slot, addressOf(this.#blocks[0] as Uint8Array));
    if (status >= Status.ok) return clockMs() - beganMs;
    throw failed(lastError());
  }

  /** Times of calls of so many frames, taken in turns; null where one fails. */
  pairMs(smaller: number, larger: number): [smallerMs: number, largerMs: number] | null {
    const fastest: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round <= CALL_COUNT; round += 1) {
      const times = [this.#callMs(smaller), this.#callMs(larger)] as const;
      if (times[0] === null || times[1] === null) return null;
      if (round === 0) continue;
      fastest[0] = Math.min(fastest[0], times[0]);
      fastest[1] = Math.min(fastest[1], times[1]);
    }
    return fastest;
  }

  #callMs(count: number): number | null {
    const beganMs = clockMs();
    const status = this.#session.batch?.run(count, this.#slots, this.#results) ?? Status.ok;
    return this.#hasSucceeded(status) ? clockMs() - beganMs : null;
  }

  #hasSucceeded(status: number): boolean {
    if (status < Status.ok) {
      this.message = lastError();
      return false;
    }
    const block = this.#blocks[0] as Uint8Array;
    const fields = new DataView(block.buffer);
    if (fields.getInt32(ResultDescriptor.status, true) >= Status.ok) return true;
    const length = fields.getUint32(ResultDescriptor.payloadBytes, true);
    const text = block.slice(DETECTIONS_OFFSET, DETECTIONS_OFFSET + length);
    this.message = new TextDecoder().decode(text);
    return false;
  }
}

function resultBlock(payloadBytes: number): Uint8Array {
  const block = new Uint8Array(new SharedArrayBuffer(PAYLOAD_OFFSET + payloadBytes));
  new DataView(block.buffer).setUint32(ResultDescriptor.payloadCapacityBytes, payloadBytes, true);
  rootArena(block.buffer as SharedArrayBuffer);
  return block;
}

function failed(reason: string): AipError {
  return new AipError(`The first inference failed: ${reason}`, {
    code: "warm-up-failed",
    category: "runtime",
  });
}
