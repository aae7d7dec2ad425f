import type { DeviceInstance } from "../backend/backend.ts";
import { type AipError, runtimeError } from "../errors.ts";
import type { FrameGeometry } from "../types.ts";
import {
  type StationCommand,
  type StationMessage,
  type StationTrial,
  StationWord,
} from "./station-protocol.ts";

/** A device of which more frames fail, and at least so many, is left out. */
const FAILED_SHARE_MAX = 0.1;
const FAILED_COUNT_MIN = 3;
/** How long a worker inside a native call gets to end before it is left to the process's end. */
const CLOSE_WITHIN_MS = 1000;

/** One device instance, open and warm in a worker of its own, ready for trials. */
export class Station {
  readonly instance: DeviceInstance;
  /** Memory the process grew by while it opened, in MiB. */
  memoryMb = 0;
  /** Time of its last warm-up call, in ms. */
  callMs = 0;
  /** Time each further frame adds to a call, as a share of a single frame's. */
  batchCost = 1;
  /** In all trials. */
  #taken = 0;
  #failed = 0;
  readonly #geometry: FrameGeometry;
  readonly #words: Int32Array = new Int32Array(new SharedArrayBuffer(4 * StationWord.count));
  readonly #worker: Worker;
  #pending: PromiseWithResolvers<StationMessage> | undefined;
  #failure: AipError | undefined;

  constructor(instance: DeviceInstance, geometry: FrameGeometry) {
    this.instance = instance;
    this.#geometry = geometry;
    this.#worker = new Worker(new URL("./station-worker.ts", import.meta.url).href);
    this.#worker.onmessage = (event: MessageEvent<StationMessage>) => {
      if (event.data.type === "failed") this.#fail(event.data.message);
      else this.#pending?.resolve(event.data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message);
    };
    this.#worker.addEventListener("close", () => this.#fail("its worker ended without a word"));
  }

  /** Opens the session and warms it up. @throws {AipError} `device-failed` */
  async open(): Promise<void> {
    const words = this.#words.buffer as SharedArrayBuffer;
    const { task } = this.instance;
    const message = await this.#ask({ type: "open", task, geometry: this.#geometry, words });
    if (message.type === "ready") ({ callMs: this.callMs, batchCost: this.batchCost } = message);
  }

  /** Frames answered in the trial under way. */
  get frames(): number {
    return Atomics.load(this.#words, StationWord.frames);
  }

  /** The words a feeder may read along. */
  get words(): SharedArrayBuffer {
    return this.#words.buffer as SharedArrayBuffer;
  }

  /** Answers frames until `stop`. @throws {AipError} `device-failed` */
  async run(): Promise<StationTrial> {
    this.#words.fill(0);
    const message = await this.#ask({ type: "start" });
    if (message.type !== "trial") throw new TypeError(`a trial answered by "${message.type}"`);
    const { trial, error } = message;
    this.#taken += trial.frames;
    this.#failed += trial.failures;
    const percent = Math.round((100 * this.#failed) / Math.max(1, this.#taken));
    // A trial of few frames may fail most of them before any count is reached.
    const isMost = 2 * trial.failures > trial.frames;
    const isMany =
      this.#failed >= FAILED_COUNT_MIN && this.#failed > FAILED_SHARE_MAX * this.#taken;
    if (isMost || isMany) throw this.#error(`${percent} % of its frames failed: ${error}`);
    return trial;
  }

  /** Ends the trial once the call under way is answered. */
  stop(): void {
    Atomics.store(this.#words, StationWord.stop, 1);
  }

  /** Ends the worker, and waits for it unless it hangs in a native call. */
  async close(): Promise<void> {
    this.stop();
    this.#failure ??= this.#error("it was closed");
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#worker.addEventListener("close", () => resolve());
    const timer = setTimeout(resolve, CLOSE_WITHIN_MS);
    this.#worker.terminate();
    await promise;
    clearTimeout(timer);
  }

  #ask(command: StationCommand): Promise<StationMessage> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#pending = Promise.withResolvers<StationMessage>();
    this.#worker.postMessage(command);
    return this.#pending.promise;
  }

  #fail(reason: string): void {
    this.#failure ??= this.#error(reason);
    this.#pending?.reject(this.#failure);
  }

  #error(reason: string): AipError {
    return runtimeError("device-failed", reason);
  }
}
