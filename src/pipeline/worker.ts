/**
 * The inference worker: one thread, one device instance. It blocks on its command ring, answers
 * each frame, or the several that the manager put together, with one native call, and publishes the
 * filled result blocks.
 */

import type { BackendSession, SessionTask } from "../backend/backend.ts";
import { openSession } from "../backend/open.ts";
import { AipError } from "../errors.ts";
import { ResultDescriptor, Status, WorkerControl } from "../layout/layout.gen.ts";
import { addressOf, clockMs } from "../native/library.ts";
import { AddressTable } from "../native/session.ts";
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
import { type WarmUp, warmUp } from "./warm-up.ts";

/** What the manager sends a new worker. */
export interface WorkerStart {
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  readonly seat: number;
  readonly task: SessionTask;
  /** Pictures the warm-up runs on; the first source's. */
  readonly geometry: FrameGeometry;
}

/** What a worker tells the manager besides results. */
export type WorkerMessage =
  | ({ readonly type: "ready" } & WarmUp)
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
/** The wait for a frame was ended by the stop flag: there is no answer. */
const STOPPED = -1;
const MESSAGE_BYTES_MAX = PAYLOAD_OFFSET - DETECTIONS_OFFSET;

self.onmessage = (event: MessageEvent<WorkerStart>) => {
  const post = (message: WorkerMessage): void => self.postMessage(message);
  const { arena, layout, seat, task, geometry } = event.data;
  rootArena(arena);
  try {
    const place = layout.seats[seat];
    if (place === undefined) throw new RangeError(`seat ${seat} of ${layout.seats.length}`);
    const stop = addressOf(new Uint8Array(arena)) + place.controlOffset + WorkerControl.stop;
    const session = openSession(task, stop);
    // What a simulated device gains by batches is told, not measured.
    const batch = task.simulated === null ? (task.batch ?? 1) : 1;
    post({ type: "ready", ...warmUp(session, batch, layout.payloadBytes, geometry) });
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
  /** Result blocks of the current call. */
  readonly #batch: Int32Array;
  readonly #slotTable: AddressTable;
  readonly #resultTable: AddressTable;

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
    const sizeMax = session.batch?.sizeMax ?? 1;
    this.#batch = new Int32Array(sizeMax);
    this.#slotTable = new AddressTable(sizeMax);
    this.#resultTable = new AddressTable(sizeMax);
  }

  /**
   * HOT: per call as many pops as it has frames, one native call, two clock readings, and pushes.
   */
  run(): void {
    const commands = this.#commands;
    const results = this.#results;
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
        commands.release();
        commands.wait(WAIT_MS);
        continue;
      }
      const count = this.#take(result);
      const finishedMs = this.#answer(count);
      if (finishedMs === STOPPED) return;
      for (let place = 0; place < count; place += 1) results.tryPush(this.#batch[place] as number);
      unpublished += count;
      if (finishedMs - publishedMs > PUBLISH_WITHIN_MS) {
        this.#publish();
        unpublished = 0;
        publishedMs = finishedMs;
      }
    }
  }

  /** Takes the other frames of the call that `first` begins; returns how many it has. HOT. */
  #take(first: number): number {
    const offset = resultOffset(this.#layout, first) + ResultDescriptor.batchSize;
    const count = this.#words[offset / 4] as number;
    this.#batch[0] = first;
    // They were published together.
    for (let place = 1; place < count; place += 1) this.#batch[place] = this.#commands.tryPop();
    return count;
  }

  #publish(): void {
    this.#control[WorkerControl.currentResult / 4] = -1;
    this.#commands.release();
    this.#results.publish();
    this.#doorbell.ring();
  }

  /** Answers the frames of a call; returns the time, or STOPPED. HOT. */
  #answer(count: number): number {
    const startedMs = clockMs();
    this.#busySince[0] = startedMs;
    // For the watchdog alone, which looks now and then: no fence.
    this.#control[WorkerControl.currentResult / 4] = this.#batch[0] as number;
    const status = count === 1 ? this.#answerOne() : this.#answerSeveral(count);
    if (status === Status.stopped) return STOPPED;
    const finishedMs = clockMs();
    for (let place = 0; place < count; place += 1) {
      const result = this.#batch[place] as number;
      this.#words[(resultOffset(this.#layout, result) + ResultDescriptor.batchSize) / 4] = count;
      this.#finish(result, status, startedMs, finishedMs);
    }
    return finishedMs;
  }

  #answerOne(): number {
    const offset = resultOffset(this.#layout, this.#batch[0] as number);
    const slotAt = this.#prepare(offset);
    return this.#session.run(this.#address + slotAt, this.#address + offset);
  }

  /** Where the call itself succeeds, each result block has a status of its own. */
  #answerSeveral(count: number): number {
    for (let place = 0; place < count; place += 1) {
      const offset = resultOffset(this.#layout, this.#batch[place] as number);
      const slotAt = this.#prepare(offset);
      this.#slotTable.set(place, this.#address + slotAt);
      this.#resultTable.set(place, this.#address + offset);
    }
    const { batch } = this.#session;
    if (batch === undefined) throw new RangeError(`a call of ${count} frames for one that takes 1`);
    return batch.run(count, this.#slotTable, this.#resultTable);
  }

  /** Empties the result block at `offset`; returns the offset of its slot. HOT. */
  #prepare(offset: number): number {
    const words = this.#words;
    const descriptor = offset / 4;
    const slot = words[descriptor + ResultDescriptor.slotIndex / 4] as number;
    const slotAt = this.#slotOffsets[slot] as number;
    words[descriptor + ResultDescriptor.status / 4] = Status.ok;
    words[descriptor + ResultDescriptor.detectionCount / 4] = 0;
    words[descriptor + ResultDescriptor.candidateCount / 4] = 0;
    words[descriptor + ResultDescriptor.payloadBytes / 4] = 0;
    this.#floats[descriptor + ResultDescriptor.preprocessMs / 4] = 0;
    this.#floats[descriptor + ResultDescriptor.inferenceMs / 4] = 0;
    this.#floats[descriptor + ResultDescriptor.postprocessMs / 4] = 0;
    return slotAt;
  }

  /** @param status of the whole call. HOT. */
  #finish(result: number, status: number, startedMs: number, finishedMs: number): void {
    const offset = resultOffset(this.#layout, result);
    if (status < Status.ok) this.#writeError(offset, status);
    this.#doubles[(offset + ResultDescriptor.startedMs) / 8] = startedMs;
    this.#doubles[(offset + ResultDescriptor.finishedMs) / 8] = finishedMs;
  }

  /** A failed frame carries its message where detections would stand. */
  #writeError(offset: number, status: number): void {
    const text = new TextEncoder().encode(this.#session.lastError()).slice(0, MESSAGE_BYTES_MAX);
    this.#bytes.set(text, offset + DETECTIONS_OFFSET);
    this.#words[(offset + ResultDescriptor.status) / 4] = status;
    this.#words[(offset + ResultDescriptor.payloadBytes) / 4] = text.length;
    this.#words[(offset + ResultDescriptor.detectionCount) / 4] = 0;
  }
}
