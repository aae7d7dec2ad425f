import { availableParallelism } from "node:os";
import { AipError, runtimeError, usageError } from "../errors.ts";
import { closeFd, createPipe } from "../native/library.ts";
import { openSource } from "../source/open.ts";
import type { IngestSegment, Source } from "../source/source.ts";
import {
  type FootageCommand,
  type FootageMessage,
  type FootageTask,
  FootageWord,
} from "./footage-protocol.ts";
import { LUMA_SIDE } from "./luma-side.ts";
import { checkSelection, countOf, endOf, type FrameSelection } from "./selection.ts";

const PROGRESS_MS = 200;
const CLOSE_WITHIN_MS = 2000;
/** A shared array holds less than 4 GiB. */
const ARRAY_BYTES_MAX = 2 ** 32 - 1;
const DECODER_THREADS_MAX = 4;

/** What is read of a piece of footage. */
export interface FootageRequest {
  /** A video file, or the demo scene. */
  readonly spec: string;
  readonly selection: FrameSelection;
  /** Left, top, right, bottom of the part to look at, as shares, 0–1; null for the picture. */
  readonly region: readonly [x1: number, y1: number, x2: number, y2: number] | null;
  /** Whether luma thumbnails are wanted. */
  readonly luma: boolean;
  /** Sides of the colour thumbnails wanted, each once. */
  readonly sides: readonly number[];
  /** Ends the reading; what was read until then is returned. */
  readonly signal?: AbortSignal;
  /** Told a few times a second how many of the selected frames are there. */
  readonly onProgress?: (kept: number, count: number) => void;
}

/** Small copies of footage's frames; `n` is the number of frames there were of those selected. */
export interface FootageThumbnails {
  /** Numbers of the frames, u32 [n], and their presentation times in ms, f64 [n]. */
  readonly ids: Uint32Array;
  readonly timesMs: Float64Array;
  /** u8 [n, 50, 50], means of luma; null where not asked for. */
  readonly luma: Uint8Array | null;
  /** By side: u8 [n, 3, side, side], planar RGB. */
  readonly colour: ReadonlyMap<number, Uint8Array>;
  /** Frames decoded for it, and how long that took. */
  readonly decoded: number;
  readonly elapsedMs: number;
  /** The reading was ended by its signal. */
  readonly interrupted: boolean;
}

/**
 * Reads footage at the speed of its decoder: small copies of every selected frame, in memory that
 * native code can read. Decoding ends with the last frame selected.
 *
 * @example
 * ```ts
 * const selection = { start: 0, end: 9000 };
 * const { luma } = await readFootage({ spec: "street.mp4", selection, region: null, luma: true, sides: [] });
 * ```
 * @throws {AipError} `footage-empty`, `footage-too-large`, `footage-short` where it ends before the
 * first frame selected, or what the source throws
 */
export async function readFootage(request: FootageRequest): Promise<FootageThumbnails> {
  const { spec, selection, signal } = request;
  checkSelection(selection);
  const task = taskFor(request);
  const source = await openSource(spec, {
    pipes: { createPipe, closeFd },
    decoderThreads: Math.min(availableParallelism(), DECODER_THREADS_MAX),
    frames: endOf(selection),
  });
  const reading = new Reading(task, request);
  const onAbort = (): void => reading.stop();
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted === true) reading.stop();
  const startedMs = performance.now();
  try {
    await reading.run(source);
    const elapsedMs = performance.now() - startedMs;
    const interrupted = reading.isStopped;
    return resultOf(request, task, { elapsedMs, interrupted });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await source.close();
    await reading.close();
  }
}

function taskFor({ selection, region, luma, sides }: FootageRequest): FootageTask {
  const count = countOf(selection);
  return {
    type: "task",
    selection,
    region,
    luma: luma ? { side: LUMA_SIDE, data: shared(count, LUMA_SIDE * LUMA_SIDE) } : null,
    colour: sides.map((side) => ({ side, data: shared(count, 3 * side * side) })),
    ids: new Uint32Array(new SharedArrayBuffer(4 * count)),
    timesMs: new Float64Array(new SharedArrayBuffer(8 * count)),
    words: new Int32Array(new SharedArrayBuffer(64)),
  };
}

function shared(count: number, bytesEach: number): Uint8Array {
  const bytes = count * bytesEach;
  if (bytes <= ARRAY_BYTES_MAX) return new Uint8Array(new SharedArrayBuffer(bytes));
  const most = Math.floor(ARRAY_BYTES_MAX / bytesEach);
  const message = `${count} frames are too many to hold at once: select ${most} at most`;
  throw usageError("footage-too-large", message);
}

function resultOf(
  { spec, selection }: FootageRequest,
  task: FootageTask,
  how: { readonly elapsedMs: number; readonly interrupted: boolean },
): FootageThumbnails {
  const kept = Atomics.load(task.words, FootageWord.kept);
  const decoded = Atomics.load(task.words, FootageWord.passed);
  if (kept === 0 && !how.interrupted) {
    const first = "frames" in selection ? (selection.frames[0] as number) : selection.start;
    const message = `"${spec}" ends after ${decoded} frames, before frame ${first}`;
    throw usageError("footage-short", message);
  }
  const whole = kept === countOf(selection);
  const cut = (data: Uint8Array, side: number, planes: number): Uint8Array =>
    whole ? data : data.subarray(0, kept * planes * side * side);
  return {
    ids: task.ids.subarray(0, kept),
    timesMs: task.timesMs.subarray(0, kept),
    luma: task.luma === null ? null : cut(task.luma.data, task.luma.side, 1),
    colour: new Map(task.colour.map(({ side, data }) => [side, cut(data, side, 3)])),
    decoded,
    ...how,
  };
}

/** One worker at one task. */
class Reading {
  isStopped = false;
  readonly #task: FootageTask;
  readonly #request: FootageRequest;
  readonly #worker: Worker = new Worker(new URL("./footage-worker.ts", import.meta.url).href);
  readonly #words: Int32Array;
  #answer: PromiseWithResolvers<FootageMessage> | undefined;

  constructor(task: FootageTask, request: FootageRequest) {
    this.#task = task;
    this.#request = request;
    this.#words = task.words;
    this.#worker.onmessage = (event: MessageEvent<FootageMessage>) => {
      this.#answer?.resolve(event.data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#answer?.resolve({ type: "failed", message: event.message });
    };
    this.#worker.addEventListener("close", () => {
      this.#answer?.resolve({ type: "failed", message: "its worker ended without a word" });
    });
  }

  stop(): void {
    this.isStopped = true;
    Atomics.store(this.#words, FootageWord.stop, 1);
  }

  async run(source: Source): Promise<void> {
    const { onProgress, selection } = this.#request;
    const count = countOf(selection);
    const tell = (): void => onProgress?.(Atomics.load(this.#words, FootageWord.kept), count);
    const timer = setInterval(tell, PROGRESS_MS);
    try {
      await this.#ask(this.#task);
      let segment: IngestSegment | null = await source.open();
      while (segment !== null) {
        const end = await this.#ask({ type: "segment", segment });
        if (end.type !== "end" || end.reason !== "end") break;
        const error = await source.finish(end);
        if (error !== null) throw error;
        segment = await source.open();
      }
      tell();
    } catch (cause) {
      if (cause instanceof AipError) throw cause;
      throw this.#broken(cause instanceof Error ? cause.message : String(cause));
    } finally {
      clearInterval(timer);
    }
  }

  /** Ends the worker once it has let its pipes go. */
  async close(): Promise<void> {
    Atomics.store(this.#words, FootageWord.stop, 1);
    const answer = this.#answer?.promise;
    if (answer !== undefined) await Promise.race([answer, Bun.sleep(CLOSE_WITHIN_MS)]);
    this.#worker.terminate();
  }

  async #ask(command: FootageCommand): Promise<FootageMessage> {
    this.#answer = Promise.withResolvers<FootageMessage>();
    this.#worker.postMessage(command);
    const answer = await this.#answer.promise;
    if (answer.type === "failed") throw this.#broken(answer.message);
    return answer;
  }

  #broken(reason: string): AipError {
    return runtimeError("footage-failed", `Cannot read "${this.#request.spec}": ${reason}`);
  }
}
