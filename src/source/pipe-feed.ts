import { Status } from "../layout/layout.gen.ts";
import type { Address } from "../native/library.ts";
import type { FrameFeed } from "./feed.ts";
import { PicturePipe } from "./picture-pipe.ts";
import { hasPicture, type IngestSegment, type Thinning } from "./source.ts";
import { TimestampPipe } from "./timestamp-pipe.ts";
import { TimestampParser } from "./timestamps.ts";

const EVERY_FRAME: Thinning = { every: 1, first: 0 };

/**
 * Raw frames from a decoder's pipe, and their times from another.
 *
 * Where the decoder leaves pictures out, those frames are known by their times alone, which it tells
 * of all. They end when the times do.
 */
export class PipeFeed implements FrameFeed {
  readonly isPrompt = false;
  readonly #thinning: Thinning;
  readonly #pictures: PicturePipe;
  readonly #times: TimestampPipe;
  /** Number of the next frame in the segment. */
  #next = 0;
  isBare = false;
  /** Time of a frame without its picture, which had to be read to know that there is one. */
  #bareMs = Number.NaN;

  constructor(segment: Extract<IngestSegment, { kind: "pipe" }>, stopAddress: Address) {
    const { startMs, zeroUs, timestampFd, thinning = EVERY_FRAME } = segment;
    this.#thinning = thinning;
    this.#pictures = new PicturePipe(segment, stopAddress);
    this.#times = new TimestampPipe(timestampFd, new TimestampParser(startMs, zeroUs));
  }

  get partialBytes(): number {
    return this.#pictures.partialBytes;
  }

  fill(address: Address): number {
    this.isBare = !hasPicture(this.#next, this.#thinning);
    const status = this.isBare ? this.#pass() : this.#pictures.read(address);
    if (status === Status.ok) this.#next += 1;
    return status;
  }

  skip(address: Address): number {
    const status = this.fill(address);
    if (status === Status.ok) this.timeMs();
    return status;
  }

  /** The filter writes a frame's time before the encoder writes the frame: it is there, or lost. */
  timeMs(): number {
    return this.isBare ? this.#bareMs : this.#times.next();
  }

  close(): void {
    this.#pictures.close();
    this.#times.close();
  }

  /** A frame without its picture: its time tells that there is one. */
  #pass(): number {
    this.#bareMs = this.#times.next();
    return Number.isNaN(this.#bareMs) ? Status.end : Status.ok;
  }
}
