import type { BackendSession, BatchOption } from "../backend/backend.ts";
import { AipError } from "../errors.ts";
import { blankSlot } from "../layout/blank-slot.ts";
import { ResultDescriptor, Status } from "../layout/layout.gen.ts";
import { addressOf, clockMs, lastError } from "../native/library.ts";
import { AddressTable } from "../native/session.ts";
import { DETECTIONS_OFFSET, PAYLOAD_OFFSET, rootArena } from "../ring/arena.ts";
import type { FrameGeometry } from "../types.ts";

/** A first frame that took longer says little about those to come. */
const COLD_FRAME_MS = 50;
/** A device whose frames take longer is not asked whether batches help: the start would wait. */
const AUTO_FRAME_MS_MAX = 100;
/** Calls of each size after one that is not counted; the quickest counts, as noise only adds. */
const CALL_COUNT = 3;

/** What a device's first frames, which nobody sees, have told of it. */
export interface WarmUp {
  /** Time of a warm frame in ms, or an upper bound of it. */
  readonly frameMs: number;
  /** Time in ms of calls of 1, 2, 4 … frames; empty where batches are not wanted. */
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
  const callsMs: [number, number][] = [];
  for (let count = 1; ; count = Math.min(2 * count, sizeMax)) {
    const ms = bench.callMs(count);
    // Nobody asked for batches, and one frame can still be answered.
    if (ms === null && batch === "auto" && count > 1) break;
    if (ms === null) throw failed(bench.message);
    callsMs.push([count, ms]);
    if (count === sizeMax) break;
  }
  return { frameMs, callsMs };
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

  /** Time of a call of `count` frames; null where it fails. */
  callMs(count: number): number | null {
    const { batch } = this.#session;
    if (batch === undefined) return null;
    let fastestMs = Number.POSITIVE_INFINITY;
    for (let call = 0; call <= CALL_COUNT; call += 1) {
      const beganMs = clockMs();
      const status = batch.run(count, this.#slots, this.#results);
      if (!this.#hasSucceeded(status)) return null;
      if (call > 0) fastestMs = Math.min(fastestMs, clockMs() - beganMs);
    }
    return fastestMs;
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
