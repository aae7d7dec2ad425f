/**
 * The inference worker: one thread, one device instance. It blocks on its command ring, answers
 * each frame with one native call, and publishes the filled result block.
 */

import type { BackendSession, SessionTask } from "../backend/backend.ts";
import { openSession } from "../backend/open.ts";
import { AipError } from "../errors.ts";
import { blankSlot } from "../layout/blank-slot.ts";
import {
  ResultDescriptor,
  SlotHeader,
  SlotState,
  Status,
  WorkerControl,
} from "../layout/layout.gen.ts";
import { addressOf, clockMs, lastError } from "../native/library.ts";
import {
  type ArenaLayout,
  DETECTIONS_OFFSET,
  PAYLOAD_OFFSET,
  resultOffset,
  rootArena,
  slotOffset,
} from "../ring/arena.ts";
import { Doorbell } from "../ring/doorbell.ts";
import { Ring } from "../ring/ring.ts";
import type { FrameGeometry } from "../types.ts";

/** What the manager sends a new worker. */
export interface WorkerStart {
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  readonly seat: number;
  readonly task: SessionTask;
  /** Pictures the warm-up runs on; the first source's. */
  readonly warmUp: FrameGeometry;
}

/** What a worker tells the manager besides results. */
export type WorkerMessage =
  | { readonly type: "ready"; readonly warmFrameMs: number }
  | {
      readonly type: "failed";
      readonly code: string;
      readonly category: AipError["category"];
      readonly message: string;
    }
  | { readonly type: "done" };

declare const self: Worker;

/** Longest sleep between two looks at the stop flag. */
const WAIT_MS = 100;
/** Results of very quick frames are published together, at most this late. */
const PUBLISH_WITHIN_MS = 0.1;
/** A first frame that took longer says little about those to come. */
const COLD_FRAME_MS = 50;
/** The wait for a frame was ended by the stop flag: there is no answer. */
const STOPPED = -1;
const MESSAGE_BYTES_MAX = PAYLOAD_OFFSET - DETECTIONS_OFFSET;

self.onmessage = (event: MessageEvent<WorkerStart>) => {
  const post = (message: WorkerMessage): void => self.postMessage(message);
  const { arena, layout, seat, task, warmUp } = event.data;
  rootArena(arena);
  try {
    const place = layout.seats[seat];
    if (place === undefined) throw new RangeError(`seat ${seat} of ${layout.seats.length}`);
    const stop = addressOf(new Uint8Array(arena)) + place.controlOffset + WorkerControl.stop;
    const session = openSession(task, stop);
    post({ type: "ready", warmFrameMs: warm(session, layout.payloadBytes, warmUp) });
    new InferenceLoop(arena, layout, seat, session).run();
    session.close();
    post({ type: "done" });
  } catch (error) {
    const known = error instanceof AipError;
    post({
      type: "failed",
      code: known ? error.code : "worker-failed",
      category: known ? error.category : "runtime",
      message: error instanceof Error ? error.message : String(error),
    });
  }
};

/**
 * One frame nobody sees: shaders compile, arenas grow, pages are touched. Where it took long, a
 * second one tells how long a frame takes without all that.
 *
 * @returns the time of a warm frame in ms, or an upper bound of it
 */
function warm(session: BackendSession, payloadBytes: number, geometry: FrameGeometry): number {
  const slot = blankSlot(geometry);
  const result = new Uint8Array(new SharedArrayBuffer(PAYLOAD_OFFSET + payloadBytes));
  new DataView(result.buffer).setUint32(ResultDescriptor.payloadCapacityBytes, payloadBytes, true);
  rootArena(slot.buffer as SharedArrayBuffer);
  rootArena(result.buffer);
  const infer = (): number => {
    const beganMs = clockMs();
    if (session.warmUp(addressOf(slot), addressOf(result)) >= 0) return clockMs() - beganMs;
    throw new AipError(`The first inference failed: ${lastError()}`, {
      code: "warm-up-failed",
      category: "runtime",
    });
  };
  const firstMs = infer();
  return firstMs < COLD_FRAME_MS ? firstMs : infer();
}

class InferenceLoop {
  readonly #commands: Ring;
  readonly #results: Ring;
  readonly #doorbell: Doorbell;
  readonly #control: Int32Array;
  readonly #busySince: Float64Array;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #address: number;
  readonly #layout: ArenaLayout;
  readonly #session: BackendSession;
  readonly #slotOffsets: Float64Array;

  constructor(
    arena: SharedArrayBuffer,
    layout: ArenaLayout,
    seat: number,
    session: BackendSession,
  ) {
    const place = layout.seats[seat];
    if (place === undefined) throw new RangeError(`seat ${seat} of ${layout.seats.length}`);
    this.#commands = new Ring(arena, place.commandRingOffset, layout.seatRingCapacity);
    this.#results = new Ring(arena, place.resultRingOffset, layout.seatRingCapacity);
    this.#doorbell = new Doorbell(arena);
    this.#control = new Int32Array(arena, place.controlOffset, WorkerControl.sizeBytes / 4);
    const busySince = place.controlOffset + WorkerControl.busySinceMs;
    this.#busySince = new Float64Array(arena, busySince, 1);
    this.#words = new Int32Array(arena);
    this.#floats = new Float32Array(arena);
    this.#doubles = new Float64Array(arena);
    this.#bytes = new Uint8Array(arena);
    this.#address = addressOf(this.#bytes);
    this.#layout = layout;
    this.#session = session;
    this.#slotOffsets = Float64Array.from({ length: layout.slotCount }, (_, slot) =>
      slotOffset(layout, slot),
    );
  }

  /** HOT: per frame one pop, one native call, two clock readings, one push. */
  run(): void {
    const commands = this.#commands;
    let publishedMs = clockMs();
    let unpublished = 0;
    for (;;) {
      const result = commands.tryPop();
      if (result < 0) {
        if (unpublished > 0) {
          this.#publish();
          unpublished = 0;
        }
        if (Atomics.load(this.#control, WorkerControl.stop / 4) !== 0) return;
        commands.wait(WAIT_MS);
        continue;
      }
      commands.release();
      const finishedMs = this.#answer(result);
      if (finishedMs === STOPPED) return;
      this.#results.tryPush(result);
      unpublished += 1;
      if (finishedMs - publishedMs > PUBLISH_WITHIN_MS) {
        this.#publish();
        unpublished = 0;
        publishedMs = finishedMs;
      }
    }
  }

  #publish(): void {
    Atomics.store(this.#control, WorkerControl.currentResult / 4, -1);
    this.#results.publish();
    this.#doorbell.ring();
  }

  /** Answers the frame whose result block this is; returns the time, or STOPPED. HOT. */
  #answer(result: number): number {
    const words = this.#words;
    const offset = resultOffset(this.#layout, result);
    const descriptor = offset / 4;
    const slot = words[descriptor + ResultDescriptor.slotIndex / 4] as number;
    const slotAt = this.#slotOffsets[slot] as number;
    const startedMs = clockMs();
    this.#busySince[0] = startedMs;
    Atomics.store(this.#control, WorkerControl.currentResult / 4, result);
    words[slotAt / 4 + SlotHeader.state / 4] = SlotState.reading;
    words[descriptor + ResultDescriptor.detectionCount / 4] = 0;
    words[descriptor + ResultDescriptor.candidateCount / 4] = 0;
    words[descriptor + ResultDescriptor.payloadBytes / 4] = 0;
    this.#floats[descriptor + ResultDescriptor.preprocessMs / 4] = 0;
    this.#floats[descriptor + ResultDescriptor.inferenceMs / 4] = 0;
    this.#floats[descriptor + ResultDescriptor.postprocessMs / 4] = 0;

    const status = this.#session.run(this.#address + slotAt, this.#address + offset);

    if (status === Status.stopped) return STOPPED;
    const finishedMs = clockMs();
    words[descriptor + ResultDescriptor.status / 4] = status;
    if (status < Status.ok) this.#writeError(offset);
    this.#doubles[(offset + ResultDescriptor.startedMs) / 8] = startedMs;
    this.#doubles[(offset + ResultDescriptor.finishedMs) / 8] = finishedMs;
    words[slotAt / 4 + SlotHeader.state / 4] = SlotState.done;
    return finishedMs;
  }

  /** A failed frame carries its message where detections would stand. */
  #writeError(offset: number): void {
    const text = new TextEncoder().encode(this.#session.lastError()).slice(0, MESSAGE_BYTES_MAX);
    this.#bytes.set(text, offset + DETECTIONS_OFFSET);
    this.#words[(offset + ResultDescriptor.payloadBytes) / 4] = text.length;
    this.#words[(offset + ResultDescriptor.detectionCount) / 4] = 0;
  }
}
