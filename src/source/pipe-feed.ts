import { readSync } from "node:fs";
import { SlotHeader, Status } from "../layout/layout.gen.ts";
import { planeLayout } from "../layout/planes.ts";
import { type Address, closeFd, library } from "../native/library.ts";
import type { FrameFeed } from "./feed.ts";
import { hasPicture, type IngestSegment, type Thinning } from "./source.ts";
import { TimestampParser } from "./timestamps.ts";
import { Yuv4mpegMarks } from "./yuv4mpeg.ts";

const TIMESTAMP_BYTES = 65536;
const EVERY_FRAME: Thinning = { every: 1, first: 0 };

type PipeSegment = Extract<IngestSegment, { kind: "pipe" }>;

/**
 * Raw frames from a decoder's pipe, and their times from another.
 *
 * Where the decoder leaves pictures out, those frames are known by their times alone, which it tells
 * of all. They end when the times do.
 */
export class PipeFeed implements FrameFeed {
  readonly isPrompt = false;
  readonly #segment: PipeSegment;
  readonly #thinning: Thinning;
  readonly #stopAddress: Address;
  readonly #sizeBytes: number;
  readonly #readBytes = new Uint32Array(new SharedArrayBuffer(4));
  readonly #timestamps: TimestampParser;
  readonly #marks: Yuv4mpegMarks | null;
  readonly #text = new Uint8Array(TIMESTAMP_BYTES);
  /** Number of the next frame in the segment. */
  #next = 0;
  isBare = false;
  /** Time of a frame without its picture, which had to be read to know that there is one. */
  #bareMs = Number.NaN;

  constructor(segment: PipeSegment, stopAddress: Address) {
    this.#segment = segment;
    this.#thinning = segment.thinning ?? EVERY_FRAME;
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
    this.isBare = !hasPicture(this.#next, this.#thinning);
    const status = this.isBare ? this.#pass() : this.#read(address);
    if (status === Status.ok) this.#next += 1;
    return status;
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

  /** A frame without its picture: its time tells that there is one. */
  #pass(): number {
    this.#bareMs = this.#nextTimeMs();
    return Number.isNaN(this.#bareMs) ? Status.end : Status.ok;
  }

  #read(address: Address): number {
    const marked = this.#marks?.pass(this.#readBytes) ?? Status.ok;
    if (marked !== Status.ok) return marked;
    const status = library().aip_pipe_read(
      this.#segment.fd,
      address + SlotHeader.sizeBytes,
      this.#sizeBytes,
      this.#stopAddress,
      this.#readBytes,
    );
    if (status === Status.ok) this.#readBytes[0] = 0;
    return status;
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
