/**
 * A worker that measures one device instance: it opens a session, warms it up, and answers calls of
 * one grey picture, or of several, over and over while a trial lasts. Nothing waits between two
 * calls, so several of these at once show how devices contend.
 */
import { openSession } from "../backend/open.ts";
import { AipError } from "../errors.ts";
import { Status } from "../layout/layout.gen.ts";
import { addressOf, clockMs } from "../native/library.ts";
import { rootArena } from "../ring/arena.ts";
import { costOf } from "../schedule/batching.ts";
import { StationCall } from "./station-call.ts";
import {
  type StationCommand,
  type StationMessage,
  type StationOpen,
  type StationTrial,
  type StationWarmUp,
  StationWord,
} from "./station-protocol.ts";

declare const self: Worker;

/** Times kept of one trial; later calls count, but their times are not kept. */
const SAMPLE_COUNT_MAX = 4096;
/** Calls nobody counts: shaders compile, arenas grow, pages are touched, clocks rise. */
const WARM_UP_COUNT = 3;
/** A warm-up that took longer than this in all has warmed enough after its second call. */
const WARM_UP_MS = 1000;
/** Comparisons of a single frame's time with a call's. */
const COST_ROUNDS = 4;

let station: Station | undefined;

self.onmessage = (event: MessageEvent<StationCommand>) => {
  const post = (message: StationMessage): void => self.postMessage(message);
  try {
    if (event.data.type === "open") {
      station = new Station(event.data);
      post({ type: "ready", ...station.warmUp() });
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
  readonly #call: StationCall;
  readonly #simulated: StationOpen["task"]["simulated"];

  constructor({ task, geometry, words }: StationOpen) {
    this.#words = new Int32Array(words);
    rootArena(words);
    const stopAddress = addressOf(new Uint8Array(words)) + 4 * StationWord.stop;
    this.#session = openSession(task, stopAddress);
    // What is left to a run's warm-up is measured by single frames.
    const { batch = 1 } = task;
    this.#call = new StationCall(this.#session, geometry, batch === "auto" ? 1 : batch);
    this.#simulated = task.simulated;
  }

  lastError(): string {
    return this.#call.lastError();
  }

  /** Answers some calls nobody counts. */
  warmUp(): StationWarmUp {
    const call = this.#call;
    const singleMs = this.#warmMs(() => call.warmUp());
    if (call.size === 1) return { callMs: singleMs, batchCost: 1 };
    // What a simulated device gains by batches is told; its frames are counted from the first.
    if (this.#simulated !== null) {
      return { callMs: singleMs, batchCost: this.#simulated.batchCost ?? 1 };
    }
    const several = (): number => (call.failures(call.run()) > 0 ? Status.inference : Status.ok);
    const callMs = this.#warmMs(several);
    let fastest = { singleMs: Number.POSITIVE_INFINITY, callMs };
    // In turns, as what else the machine does slows both; the quickest counts, as noise only adds.
    for (let round = 0; round < COST_ROUNDS; round += 1) {
      fastest = {
        singleMs: Math.min(
          fastest.singleMs,
          this.#timeMs(() => call.runSingle()),
        ),
        callMs: Math.min(fastest.callMs, this.#timeMs(several)),
      };
    }
    return { callMs, batchCost: costOf(fastest.singleMs, call.size, fastest.callMs) };
  }

  /** Answers some calls of one size; returns the last one's time in ms. */
  #warmMs(call: () => number): number {
    const beganMs = clockMs();
    let lastMs = 0;
    for (let count = 0; count < WARM_UP_COUNT; count += 1) {
      lastMs = this.#timeMs(call);
      if (count > 0 && clockMs() - beganMs > WARM_UP_MS) break;
    }
    return lastMs;
  }

  #timeMs(call: () => number): number {
    const startedMs = clockMs();
    if (call() >= Status.ok) return clockMs() - startedMs;
    throw new AipError(`The first inference failed: ${this.lastError()}`, {
      code: "warm-up-failed",
      category: "runtime",
    });
  }

  /** Answers calls until told to stop. */
  run(): StationTrial {
    const call = this.#call;
    const callMs = new Float64Array(SAMPLE_COUNT_MAX);
    const stages = { preprocess: 0, inference: 0, postprocess: 0 };
    const startedMs = clockMs();
    let calls = 0;
    let timed = 0;
    let failures = 0;
    let lastMs = startedMs;
    while (Atomics.load(this.#words, StationWord.stop) === 0) {
      const beganMs = clockMs();
      const status = call.run();
      // What the stop broke off has no time.
      if (status === Status.stopped) break;
      lastMs = clockMs();
      const failed = call.failures(status);
      // How soon nothing was answered is no time of an answer.
      if (failed < call.size && timed < SAMPLE_COUNT_MAX) callMs[timed++] = lastMs - beganMs;
      calls += 1;
      failures += failed;
      call.addStages(stages);
      Atomics.store(this.#words, StationWord.frames, calls * call.size);
    }
    const frames = calls * call.size;
    const each = 1 / Math.max(1, frames);
    return {
      frames,
      elapsedMs: lastMs - startedMs,
      failures,
      callMs: callMs.slice(0, timed),
      stages: {
        preprocess: stages.preprocess * each,
        inference: stages.inference * each,
        postprocess: stages.postprocess * each,
      },
    };
  }
}
