import { PixelFormat } from "../layout/layout.gen.ts";
import { Ring } from "../ring/ring.ts";
import type { PixelFormatName } from "../types.ts";

/** Frames with the worker at a time. */
export const IN_FLIGHT_MAX = 1024;

/** Room for all those frames: slot, slot offset and result offset are three elements. */
const FRAMES_CAPACITY = 4 * IN_FLIGHT_MAX;
/** Slots and result blocks lie at multiples of this, so that their offsets fit a ring element. */
const OFFSET_UNIT_BYTES = 64;

const FINISH = 0;
const ABORT = 1;
const BELL = 2;
const TRACKS = 16;
const TRACK_WORDS = 4;

const FRAMES_OFFSET_BYTES = 0;
const DONE_OFFSET_BYTES = Ring.sizeBytes(FRAMES_CAPACITY);
const CONTROL_OFFSET_BYTES = DONE_OFFSET_BYTES + Ring.sizeBytes(IN_FLIGHT_MAX);

/** What the worker needs to know to write one source's stream. */
export interface TrackSetup {
  /** Write end of the encoder's pipe; -1 before there is one, and once it was closed. */
  readonly fd: number;
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PixelFormatName;
}

/**
 * Memory the video sink shares with its worker; each side makes its own object over it.
 *
 * ```text
 * frames: ring of (slot, slot offset, result offset) │ done: ring of slots │
 * control: i32 finish, abort, bell │ per source: fd, width, height, pixel format
 * ```
 */
export class VideoLink {
  readonly buffer: SharedArrayBuffer;
  readonly #frames: Ring;
  readonly #done: Ring;
  readonly #control: Int32Array;

  /** @param buffer the other side's memory; without it, new memory for `sourceCount` sources */
  constructor(sourceCount: number, buffer?: SharedArrayBuffer) {
    const controlWords = TRACKS + TRACK_WORDS * sourceCount;
    this.buffer = buffer ?? new SharedArrayBuffer(CONTROL_OFFSET_BYTES + 4 * controlWords);
    this.#frames = new Ring(this.buffer, FRAMES_OFFSET_BYTES, FRAMES_CAPACITY);
    this.#done = new Ring(this.buffer, DONE_OFFSET_BYTES, IN_FLIGHT_MAX);
    this.#control = new Int32Array(this.buffer, CONTROL_OFFSET_BYTES, controlWords);
    if (buffer !== undefined) return;
    for (let source = 0; source < sourceCount; source += 1) {
      this.#control[TRACKS + TRACK_WORDS * source] = -1;
    }
  }

  // The sink's side ------------------------------------------------------------------------------

  /** Set before the source's first frame is sent, which publishes it. */
  setTrack(sourceIndex: number, track: TrackSetup): void {
    const at = TRACKS + TRACK_WORDS * sourceIndex;
    this.#control[at + 1] = track.width;
    this.#control[at + 2] = track.height;
    this.#control[at + 3] = PixelFormat[track.pixelFormat];
    Atomics.store(this.#control, at, track.fd);
  }

  /** At most `IN_FLIGHT_MAX` frames may be with the worker. HOT. */
  send(slotIndex: number, slotOffsetBytes: number, resultOffsetBytes: number): void {
    this.#frames.tryPush(slotIndex);
    this.#frames.tryPush(slotOffsetBytes / OFFSET_UNIT_BYTES);
    this.#frames.tryPush(resultOffsetBytes / OFFSET_UNIT_BYTES);
    this.#frames.publish();
  }

  /** A slot the worker needs no more, or -1. */
  takeDone(): number {
    const slotIndex = this.#done.tryPop();
    this.#done.release();
    return slotIndex;
  }

  /** Called on the worker's message, before `takeDone`: from now on it sends another one. */
  answerBell(): void {
    Atomics.store(this.#control, BELL, 0);
  }

  /** No frame will follow: the worker ends once it has written those it has. */
  finish(): void {
    Atomics.store(this.#control, FINISH, 1);
    this.#frames.wake();
  }

  /** Breaks off writing. */
  abort(): void {
    Atomics.store(this.#control, ABORT, 1);
    this.finish();
  }

  // The worker's side ----------------------------------------------------------------------------

  /** Whether the source has an encoder whose pipe is open. HOT. */
  isOpen(sourceIndex: number): boolean {
    return Atomics.load(this.#control, TRACKS + TRACK_WORDS * sourceIndex) >= 0;
  }

  track(sourceIndex: number): TrackSetup {
    const at = TRACKS + TRACK_WORDS * sourceIndex;
    const [, width, height, format] = this.#control.subarray(at, at + TRACK_WORDS);
    const names = Object.entries(PixelFormat) as [PixelFormatName, number][];
    const pixelFormat = names.find(([, value]) => value === format)?.[0] ?? "yuv420p";
    return {
      fd: Atomics.load(this.#control, at),
      width: width as number,
      height: height as number,
      pixelFormat,
    };
  }

  /** The encoder's pipe was closed. */
  clearTrack(sourceIndex: number): void {
    Atomics.store(this.#control, TRACKS + TRACK_WORDS * sourceIndex, -1);
  }

  /** Waits for a frame: its slot, or -1 when there will be none. Its offsets come next. */
  takeFrame(): number {
    for (;;) {
      const slotIndex = this.#frames.tryPop();
      if (slotIndex >= 0) return slotIndex;
      if (Atomics.load(this.#control, FINISH) === 1 && this.#frames.isEmpty) return -1;
      this.#frames.wait(100);
    }
  }

  /** An offset that belongs to the frame last taken. */
  takeOffsetBytes(): number {
    const offsetBytes = this.#frames.tryPop() * OFFSET_UNIT_BYTES;
    this.#frames.release();
    return offsetBytes;
  }

  /** Gives a slot back; true where the sink must be told by a message. */
  giveBack(slotIndex: number): boolean {
    this.#done.tryPush(slotIndex);
    this.#done.publish();
    return Atomics.exchange(this.#control, BELL, 1) === 0;
  }

  /** The word native writes look at: 1 once they shall break off. */
  get abortWord(): Int32Array {
    return this.#control.subarray(ABORT, ABORT + 1);
  }
}
