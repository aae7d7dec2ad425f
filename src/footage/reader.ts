import { availableParallelism } from "node:os";
import { AipError, runtimeError } from "../errors.ts";
import { closeFd, createPipe } from "../native/library.ts";
import { openSource } from "../source/open.ts";
import type { Source } from "../source/source.ts";
import { FootageCopier } from "./footage-copier.ts";
import type { FootageRoom, FootageStart } from "./footage-protocol.ts";
import { blockOf, type FootageBlock, roomFor } from "./footage-room.ts";

/** Frames that are looked at together, while those behind them are decoded. */
const BLOCK_FRAMES = 256;
const DECODER_THREADS_MAX = 4;

export interface FootageOptions {
  /** A video file, or the demo scene. */
  readonly spec: string;
  /** Left, top, right, bottom of the part to look at, as shares, 0–1; null for the picture. */
  readonly region: FootageStart["region"];
  /** The frame after the last one that will be read; where left out, all are. */
  readonly end?: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** Which frames are visited next. */
export interface FootageStretch {
  /** The first one; those before it are passed over. Default: where the last visit ended. */
  readonly start?: number;
  /** The frame after the last one. */
  readonly end: number;
  /** Frames whose colours are wanted, ascending, each once. Default: all of the stretch. */
  readonly chosen?: Uint32Array;
  /** Sides of the colour thumbnails wanted, each once. */
  readonly sides: readonly number[];
}

/**
 * Reads footage once, from its beginning to its end, at the speed of its decoder: one stretch after
 * the other, for as long as there are some. Between two of them the decoder waits.
 *
 * @example
 * ```ts
 * await using reader = await FootageReader.open({ spec: "street.mp4", region: null });
 * await reader.visit({ end: 9000, sides: [50] }, ({ start, luma, colour }) => look(luma));
 * ```
 */
export class FootageReader implements AsyncDisposable {
  readonly #options: FootageOptions;
  readonly #source: Source;
  readonly #copier: FootageCopier;
  readonly #onAbort = (): void => this.#copier.stop();
  /** Frames passed so far. */
  #next = 0;
  #hasSegment = false;

  private constructor(options: FootageOptions, source: Source) {
    this.#options = options;
    this.#source = source;
    this.#copier = new FootageCopier();
    options.signal?.addEventListener("abort", this.#onAbort);
    if (options.signal?.aborted === true) this.#copier.stop();
  }

  /** @throws {AipError} what opening the source throws */
  static async open(options: FootageOptions): Promise<FootageReader> {
    const source = await openSource(options.spec, {
      pipes: { createPipe, closeFd },
      decoderThreads: Math.min(availableParallelism(), DECODER_THREADS_MAX),
      ...(options.end !== undefined && { frames: options.end }),
    });
    return new FootageReader(options, source);
  }

  /**
   * Shows a stretch of frames in order, block by block; a block is overwritten once its visit has
   * returned. Where the footage ends before the stretch does, so does the visit.
   *
   * @returns frames shown
   * @throws {AipError} `interrupted`, `footage-failed`, or what the source throws
   * @throws {RangeError} where frames are not ascending
   */
  async visit(stretch: FootageStretch, visitor: (block: FootageBlock) => void): Promise<number> {
    const { start: first = this.#next, end, sides, chosen } = stretch;
    checkAscending(chosen ?? new Uint32Array());
    const rooms = [roomFor(sides, BLOCK_FRAMES), roomFor(sides, BLOCK_FRAMES)] as const;
    const fill = (start: number, turn: number): Promise<FootageBlock> => {
      const last = Math.min(end, start + BLOCK_FRAMES);
      const wanted = chosen?.filter((frame) => frame >= start && frame < last);
      const block = this.#fill(rooms[turn % 2 === 0 ? 0 : 1], [start, last], wanted);
      // Nobody may be waiting for it when it fails: then an earlier one has failed.
      block.catch(() => undefined);
      return block;
    };
    let shown = 0;
    let ahead = fill(first, 0);
    for (let turn = 1; ; turn += 1) {
      const block = await ahead;
      const next = block.start + block.count;
      const isLast = block.count < BLOCK_FRAMES || next >= end;
      if (!isLast) ahead = fill(next, turn);
      if (block.count > 0) visitor(block);
      shown += block.count;
      if (isLast) return shown;
    }
  }

  /** Frames passed so far, shown or not. */
  get passed(): number {
    return this.#next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    // The pipes first: a decoder that waits for room in one hears no signal.
    await this.#copier.close();
    await this.#source.close();
  }

  async #fill(
    room: FootageRoom,
    [start, end]: readonly [number, number],
    wanted?: Uint32Array,
  ): Promise<FootageBlock> {
    const chosen = wanted ?? Uint32Array.from({ length: end - start }, (_, index) => start + index);
    try {
      while (await this.#hasFrames()) {
        const answer = await this.#copier.fill({ start, end, chosen, room });
        if (answer.type === "filled") {
          this.#next = end;
          return blockOf(room, { start, end, chosen });
        }
        if (answer.type === "stopped") break;
        this.#hasSegment = false;
        this.#next = answer.passed;
        const error = await this.#source.finish(answer);
        if (error !== null) throw error;
      }
    } catch (cause) {
      if (cause instanceof AipError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `Cannot read "${this.#options.spec}": ${reason}`;
      throw runtimeError("footage-failed", message, cause);
    }
    if (this.#copier.isStopped) {
      const message = `Interrupted while "${this.#options.spec}" was read`;
      throw runtimeError("interrupted", message);
    }
    return blockOf(room, { start, end: Math.max(start, this.#next), chosen });
  }

  /** Whether a segment is open, or the next one could be. */
  async #hasFrames(): Promise<boolean> {
    if (this.#hasSegment) return true;
    if (this.#copier.isStopped) return false;
    const segment = await this.#source.open();
    if (segment === null) return false;
    await this.#copier.open(segment, this.#options.region);
    this.#hasSegment = true;
    return true;
  }
}

function checkAscending(frames: Uint32Array): void {
  for (let index = 1; index < frames.length; index += 1) {
    if ((frames[index] as number) > (frames[index - 1] as number)) continue;
    throw new RangeError("frames must be chosen in ascending order, each once");
  }
}
