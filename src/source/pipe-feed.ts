import { readSync } from "node:fs";
import { SlotHeader, Status } from "../layout/layout.gen.ts";
import { planeLayout } from "../layout/planes.ts";
import { type Address, closeFd, library } from "../native/library.ts";
import type { FrameFeed } from "./feed.ts";
import type { IngestSegment } from "./source.ts";
import { TimestampParser } from "./timestamps.ts";
import { Yuv4mpegMarks } from "./yuv4mpeg.ts";

const TIMESTAMP_BYTES = 65536;

type PipeSegment = Extract<IngestSegment, { kind: "pipe" }>;

/**
 * Raw frames from a decoder's pipe, and their times from another.
 *
 * Where only every so many frames have pixels, those in between are known by their times alone: the
 * decoder tells every frame's, whether it sends the picture or not. The last of them are there when
 * the times end.
 */
export class PipeFeed implements FrameFeed {
  readonly isPrompt = false;
  readonly #segment: PipeSegment;
  readonly #every: number;
  readonly #stopAddress: Address;
  readonly #sizeBytes: number;
  readonly #readBytes = new Uint32Array(new SharedArrayBuffer(4));
  readonly #timestamps: TimestampParser;
  readonly #marks: Yuv4mpegMarks | null;
  readonly #text = new Uint8Array(TIMESTAMP_BYTES);
  /** Frames until the next one with pixels. */
  #bareCount = 0;
  /** Time of a frame without pixels, which had to be read to know that there is one. */
  #bareMs = Number.NaN;
  isBare = false;

  constructor(segment: PipeSegment, stopAddress: Address) {
    this.#segment = segment;
    this.#every = segment.every ?? 1;
    this.#stopAddress = stopAddress;
    this.#timestamps = new TimestampParser(segment.startMs, segment.zeroUs);
    this.#sizeBytes = planeLayout(segment.geometry).sizeBytes;
    const isMarked = segment.framing === "yuv4mpeg";
    this.#marks = isMarked ? new Yuv4mpegMarks(segment.fd, stopAddress) : null;
  }

  get partialBytes(): number {
    return this.#readBytes[0] as number;
  }

  fill(address: Address): number {
    this.isBare = this.#bareCount > 0;
    if (this.isBare) {
      this.#bareMs = this.#nextTimeMs();
      if (Number.isNaN(this.#bareMs)) return Status.end;
      this.#bareCount -= 1;
      return Status.ok;
    }
    const marked = this.#marks?.pass(this.#readBytes) ?? Status.ok;
    if (marked !== Status.ok) return marked;
    const status = library().aip_pipe_read(
      this.#segment.fd,
      address + SlotHeader.sizeBytes,
      this.#sizeBytes,
      this.#stopAddress,
      this.#readBytes,
    );
    if (status !== Status.ok) return status;
    this.#readBytes[0] = 0;
    this.#bareCount = this.#every - 1;
    return Status.ok;
  }

  skip(address: Address): number {
    const status = this.fill(address);
    if (status === Status.ok) this.timeMs();
    return status;
  }

  timeMs(): number {
    return this.isBare ? this.#bareMs : this.#nextTimeMs();
  }

  close(): void {
    closeFd(this.#segment.fd);
    closeFd(this.#segment.timestampFd);
  }

  /** The filter writes a frame's time before the encoder writes the frame: it is there, or lost. */
  #nextTimeMs(): number {
    for (;;) {
      const timeMs = this.#timestamps.next();
      if (timeMs !== undefined) return timeMs;
      const count = readSync(this.#segment.timestampFd, this.#text);
      if (count === 0) return Number.NaN;
      this.#timestamps.push(this.#text, count);
    }
  }
}
