import { Status } from "../../layout/layout.gen.ts";
import type { Address } from "../../native/library.ts";
import type { FrameFeed } from "../feed.ts";
import { PicturePipe } from "../picture-pipe.ts";
import { hasPicture, type IngestSegment, type Thinning } from "../source.ts";
import { TimestampPipe } from "../timestamp-pipe.ts";
import { TimestampParser } from "../timestamps.ts";
import { NUMBER_OFFSET } from "./packet-thinner.ts";

/** Numbers in the text count one by one. */
const UNITS = 1;

export type ThinnedSegment = Extract<IngestSegment, { kind: "pipe" }> & {
  readonly thinning: Thinning;
  readonly timesMs: Float64Array;
};

export function isThinned(segment: IngestSegment): segment is ThinnedSegment {
  return segment.kind === "pipe" && segment.thinning !== undefined && segment.timesMs !== undefined;
}

/**
 * Frames of a video whose decoder is not given all packets: its index has the times of all, the
 * decoder tells the numbers of those it has decoded. A wanted one that it could not decode is left
 * out, as where it decodes all.
 */
export class ThinnedFeed implements FrameFeed {
  readonly isPrompt = false;
  readonly #thinning: Thinning;
  readonly #timesMs: Float64Array;
  readonly #pictures: PicturePipe;
  readonly #numbers: TimestampPipe;
  /** Number of the last frame that was decoded. */
  #decoded = -1;
  #next = 0;
  isBare = false;

  constructor(segment: ThinnedSegment, stopAddress: Address) {
    this.#thinning = segment.thinning;
    this.#timesMs = segment.timesMs;
    this.#pictures = new PicturePipe(segment, stopAddress);
    const parser = new TimestampParser(0, NUMBER_OFFSET, UNITS);
    this.#numbers = new TimestampPipe(segment.timestampFd, parser);
  }

  get partialBytes(): number {
    return this.#pictures.partialBytes;
  }

  fill(address: Address): number {
    while (this.#next < this.#timesMs.length) {
      this.isBare = !hasPicture(this.#next, this.#thinning);
      const isThere = this.isBare || this.#isDecoded();
      if (isThere) {
        const status = this.isBare ? Status.ok : this.#pictures.read(address);
        if (status === Status.ok) this.#next += 1;
        return status;
      }
      if (Number.isNaN(this.#decoded)) return Status.end;
      this.#next += 1;
    }
    return Status.end;
  }

  skip(address: Address): number {
    return this.fill(address);
  }

  timeMs(): number {
    return this.#timesMs[this.#next - 1] as number;
  }

  close(): void {
    this.#pictures.close();
    this.#numbers.close();
  }

  /** Whether the next frame was decoded; waits until the decoder has come so far. */
  #isDecoded(): boolean {
    while (this.#decoded < this.#next) this.#decoded = this.#numbers.next();
    return this.#decoded === this.#next;
  }
}
