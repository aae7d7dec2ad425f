/**
 * A worker that measures one device instance: it opens a session, warms it up, and answers one grey
 * picture over and over while a trial lasts. Nothing waits between two frames, so several of these
 * at once show how devices contend.
 */
import { openSession } from "../backend/open.ts";
import { AipError } from "../errors.ts";
import { blankSlot } from "../layout/blank-slot.ts";
import { ResultDescriptor, Status } from "../layout/layout.gen.ts";
import { addressOf, clockMs } from "../native/library.ts";
import { PAYLOAD_OFFSET, rootArena } from "../ring/arena.ts";
import {
  type StationCommand,
  type StationMessage,
  type StationOpen,
  type StationTrial,
  StationWord,
} from "./station-protocol.ts";

declare const self: Worker;

/** Times kept of one trial; later frames count, but their times are not kept. */
const SAMPLE_COUNT_MAX = 4096;
/** Frames nobody counts: shaders compile, arenas grow, pages are touched, clocks rise. */
const WARM_UP_COUNT = 3;
/** A warm-up that took longer than this in all has warmed enough after its second frame. */
const WARM_UP_MS = 1000;

let station: Station | undefined;

self.onmessage = (event: MessageEvent<StationCommand>) => {
  const post = (message: StationMessage): void => self.postMessage(message);
  try {
    if (event.data.type === "open") {
      station = new Station(event.data);
      post({ type: "ready", frameMs: station.warmUp() });
    } else {
      if (station === undefined) throw new Error("a trial came before the session");
      const trial = station.run();
      post({ type: "trial", trial, error: trial.failures > 0 ? station.lastError() : "" });
    }
  } catch (error) {
    post({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};

class Station {
  readonly #session: ReturnType<typeof openSession>;
  readonly #words: Int32Array;
  readonly #slotAddress: number;
  readonly #resultAddress: number;
  readonly #resultFloats: Float32Array;

  constructor({ task, geometry, words }: StationOpen) {
    this.#words = new Int32Array(words);
    rootArena(words);
    const stopAddress = addressOf(new Uint8Array(words)) + 4 * StationWord.stop;
    this.#session = openSession(task, stopAddress);
    const { payloadBytes } = this.#session;
    const slot = blankSlot(geometry);
    const result = new SharedArrayBuffer(PAYLOAD_OFFSET + payloadBytes);
    new DataView(result).setUint32(ResultDescriptor.payloadCapacityBytes, payloadBytes, true);
    rootArena(slot.buffer as SharedArrayBuffer);
    rootArena(result);
    this.#slotAddress = addressOf(slot);
    this.#resultAddress = addressOf(new Uint8Array(result));
    this.#resultFloats = new Float32Array(result, 0, PAYLOAD_OFFSET / 4);
  }

  lastError(): string {
    return this.#session.lastError();
  }

  /** @returns the time of the last warm-up frame in ms */
  warmUp(): number {
    const beganMs = clockMs();
    let frameMs = 0;
    for (let count = 0; count < WARM_UP_COUNT; count += 1) {
      const startedMs = clockMs();
      const status = this.#session.warmUp(this.#slotAddress, this.#resultAddress);
      if (status < Status.ok) {
        throw new AipError(`The first inference failed: ${this.lastError()}`, {
          code: "warm-up-failed",
          category: "runtime",
        });
      }
      frameMs = clockMs() - startedMs;
      if (count > 0 && clockMs() - beganMs > WARM_UP_MS) break;
    }
    return frameMs;
  }

  /** Answers frames until told to stop. */
  run(): StationTrial {
    const serviceMs = new Float64Array(SAMPLE_COUNT_MAX);
    const startedMs = clockMs();
    let frames = 0;
    let failures = 0;
    let lastMs = startedMs;
    let [preprocess, inference, postprocess] = [0, 0, 0];
    while (Atomics.load(this.#words, StationWord.stop) === 0) {
      const beganMs = clockMs();
      const status = this.#session.run(this.#slotAddress, this.#resultAddress);
      // What the stop broke off has no time.
      if (status === Status.stopped) break;
      lastMs = clockMs();
      if (frames < SAMPLE_COUNT_MAX) serviceMs[frames] = lastMs - beganMs;
      frames += 1;
      if (status < Status.ok) failures += 1;
      preprocess += this.#resultFloats[ResultDescriptor.preprocessMs / 4] as number;
      inference += this.#resultFloats[ResultDescriptor.inferenceMs / 4] as number;
      postprocess += this.#resultFloats[ResultDescriptor.postprocessMs / 4] as number;
      Atomics.store(this.#words, StationWord.frames, frames);
    }
    const each = 1 / Math.max(1, frames);
    return {
      frames,
      elapsedMs: lastMs - startedMs,
      failures,
      serviceMs: serviceMs.slice(0, Math.min(frames, SAMPLE_COUNT_MAX)),
      stages: {
        preprocess: preprocess * each,
        inference: inference * each,
        postprocess: postprocess * each,
      },
    };
  }
}
