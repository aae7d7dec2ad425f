import { SlotHeader, Status } from "../layout/layout.gen.ts";
import { planeLayout } from "../layout/planes.ts";
import { prioritiseThread } from "../native/attention.ts";
import { type Address, check, library } from "../native/library.ts";
import { readAddress } from "../native/session.ts";
import { PipeFeed } from "./pipe-feed.ts";
import type { IngestSegment } from "./source.ts";
import { isThinned, ThinnedFeed } from "./thinning/thinned-feed.ts";

/** Delivers the frames of one segment into slots, one after the other. Blocks. */
export interface FrameFeed {
  /**
   * Fills the slot at `address`: OK, END, STOPPED or a negative status. Of a segment with `every`,
   * frames in between are OK and leave the slot's pixels as they are.
   */
  fill(address: Address): number;
  /** Passes over one frame; what stands at `address` may be overwritten. Returns as `fill`. */
  skip(address: Address): number;
  /** Presentation time of the frame filled last, in ms since the source's start. */
  timeMs(): number;
  /** The frame filled last is known by its time alone: the slot's pixels are not its own. */
  readonly isBare?: boolean;
  /** Bytes of an incomplete last frame. */
  readonly partialBytes: number;
  /** Frames are made here and now: `fill` never waits for somebody else. */
  readonly isPrompt: boolean;
  close(): void;
}

/** What feeds need of their thread. */
export interface FeedContext {
  readonly arena: SharedArrayBuffer;
  /** Native address of the arena. */
  readonly arenaAddress: Address;
  /** Native address of a word that ends every native wait once it is not 0. */
  readonly stopAddress: Address;
}

export function openFeed(segment: IngestSegment, context: FeedContext): FrameFeed {
  prioritiseThread();
  switch (segment.kind) {
    case "pipe":
      return isThinned(segment)
        ? new ThinnedFeed(segment, context.stopAddress)
        : new PipeFeed(segment, context.stopAddress);
    case "demo":
      return new DemoFeed(segment);
    case "pattern":
      return new PatternFeed(segment, context);
  }
}

type DemoSegment = Extract<IngestSegment, { kind: "demo" }>;
type PatternSegment = Extract<IngestSegment, { kind: "pattern" }>;

/** The demo scene, drawn natively; its ground truth goes into the slot. */
class DemoFeed implements FrameFeed {
  readonly isPrompt = true;
  readonly partialBytes = 0;
  readonly #segment: DemoSegment;
  readonly #demo: Address;
  #drawn = 0;

  constructor(segment: DemoSegment) {
    const { geometry, fps, seed, density, personShare, visitorShare, visitorSeconds } = segment;
    const out = new Uint32Array(new SharedArrayBuffer(8));
    const { width, height } = geometry;
    const visitors = [visitorShare, visitorSeconds] as const;
    const status = library().aip_demo_open(
      width,
      height,
      fps,
      seed,
      density,
      personShare,
      ...visitors,
      out,
    );
    check(status, "demo-failed");
    this.#segment = segment;
    this.#demo = readAddress(out);
  }

  fill(address: Address): number {
    const { start, frameCount } = this.#segment;
    if (frameCount !== null && this.#drawn >= frameCount) return Status.end;
    const status = library().aip_demo_draw(this.#demo, start + this.#drawn, address);
    if (status === Status.ok) this.#drawn += 1;
    return status;
  }

  skip(): number {
    const { frameCount } = this.#segment;
    if (frameCount !== null && this.#drawn >= frameCount) return Status.end;
    this.#drawn += 1;
    return Status.ok;
  }

  timeMs(): number {
    return ((this.#drawn - 1) * 1000) / this.#segment.fps;
  }

  close(): void {
    library().aip_demo_destroy(this.#demo);
  }
}

/** Frames whose every word is their number: what a torn, lost or repeated frame would betray. */
class PatternFeed implements FrameFeed {
  readonly isPrompt = true;
  readonly partialBytes = 0;
  readonly #segment: PatternSegment;
  readonly #words: Uint32Array;
  readonly #arenaAddress: Address;
  readonly #wordCount: number;
  #filled = 0;

  constructor(segment: PatternSegment, context: FeedContext) {
    this.#segment = segment;
    this.#words = new Uint32Array(context.arena);
    this.#arenaAddress = context.arenaAddress;
    this.#wordCount = Math.floor(planeLayout(segment.geometry).sizeBytes / 4);
  }

  fill(address: Address): number {
    if (this.#filled >= this.#segment.frameCount) return Status.end;
    const offset = address - this.#arenaAddress + SlotHeader.sizeBytes;
    const inArena = offset >= 0 && offset < this.#words.byteLength;
    if (this.#segment.write && inArena) {
      this.#words.fill(this.#filled, offset / 4, offset / 4 + this.#wordCount);
    }
    this.#filled += 1;
    return Status.ok;
  }

  skip(): number {
    if (this.#filled >= this.#segment.frameCount) return Status.end;
    this.#filled += 1;
    return Status.ok;
  }

  timeMs(): number {
    return ((this.#filled - 1) * 1000) / this.#segment.fps;
  }

  close(): void {
    // Nothing is open.
  }
}
