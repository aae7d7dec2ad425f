/**
 * The ingest worker: one thread, one source. It claims a free slot, has the frame read or drawn
 * natively straight into it, and publishes the slot. It blocks; the manager never does.
 */
import { Detection, SlotHeader, SlotState, SourceControl, Status } from "../layout/layout.gen.ts";
import { writeGeometry } from "../layout/slot-geometry.ts";
import { type Address, addressOf, check, clockMs, library } from "../native/library.ts";
import { type ArenaLayout, rootArena, type SourcePlace } from "../ring/arena.ts";
import { Doorbell } from "../ring/doorbell.ts";
import { Ring } from "../ring/ring.ts";
import { type FrameFeed, openFeed } from "../source/feed.ts";
import type { IngestSegment } from "../source/source.ts";
import type { DropPolicy } from "../types.ts";
import { FrameClock } from "./frame-clock.ts";
import { Screening, type ScreeningStart } from "./screening.ts";

/** What the manager sends a new ingest worker. */
export interface IngestStart {
  readonly type: "start";
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  readonly sourceIndex: number;
  readonly drop: DropPolicy;
  /** Frames a second to deliver at most; null for as fast as they come. */
  readonly fps: number | null;
  /** Frames to deliver at most; null for all. */
  readonly frameLimit: number | null;
  /** Number of the first frame. */
  readonly firstFrame: number;
  /** Frames at the source's start that are passed over: an earlier run delivered them. */
  readonly skipCount: number;
  /** Added to every presentation time. */
  readonly timeOffsetMs: number;
  /** Whether frames come when they come, and nobody may hold them back. */
  readonly live: boolean;
  /** What a cascade screens frames with; null where none runs. */
  readonly screening: ScreeningStart | null;
}

export type IngestCommand =
  | IngestStart
  | { readonly type: "segment"; readonly segment: IngestSegment };

/** How a segment ended. */
export interface SegmentEnd {
  readonly type: "segment-end";
  /** Frames of this segment, skipped ones included. */
  readonly frames: number;
  /** Bytes of an incomplete last frame. */
  readonly partialBytes: number;
  /** `limit`: enough frames; `stopped`: the pipeline stops; `end`: no more came. */
  readonly reason: "end" | "limit" | "stopped" | "failed";
  readonly message?: string;
}

export type IngestMessage = { readonly type: "ready" } | SegmentEnd;

declare const self: Worker;

const NO_SLOT = -1;
/** `claim` was interrupted by a stop. */
const STOPPED = -2;

/** Longest sleep between two looks at the stop flags. */
const WAIT_MS = 100;
/** Frames that are made within microseconds are announced together, at most this late. */
const ANNOUNCE_WITHIN_MS = 0.2;
/** Frames of a quick decoder that a cascade looks at together, at most this late. */
const SCREEN_WITHIN_MS = 4;
/** How long the manager gets to let the oldest waiting frame give way. */
const OLDEST_WAIT_MS = 5;

let reader: SourceReader | undefined;

self.onmessage = (event: MessageEvent<IngestCommand>) => {
  const post = (message: IngestMessage): void => self.postMessage(message);
  const command = event.data;
  if (command.type === "start") {
    rootArena(command.arena);
    reader = new SourceReader(command);
    post({ type: "ready" });
    return;
  }
  if (reader === undefined) throw new Error("a segment came before the start");
  post(reader.read(command.segment));
};

class SourceReader {
  readonly #start: IngestStart;
  readonly #place: SourcePlace;
  readonly #frames: Ring;
  readonly #free: Ring;
  readonly #doorbell: Doorbell;
  readonly #control: Int32Array;
  readonly #startedMs: Float64Array;
  readonly #dropTimes: Float64Array;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #floats: Float32Array;
  readonly #address: Address;
  readonly #stopAddress: Address;
  /** Segment whose geometry stands in each slot's header. */
  readonly #formatted: Int32Array;
  #segmentCount = 0;
  /** A slot that was claimed and got no frame, because a segment ended; -1 where there is none. */
  #unused = -1;
  /** Takes frames nobody has a slot for; made when first needed. */
  #scratch: Uint8Array | undefined;
  readonly #clock: FrameClock;
  #announcedMs = 0;
  #unannounced = 0;
  readonly #screening: Screening | null;
  /** Frames that are announced together, and how late at most. */
  readonly #togetherMax: number;
  readonly #togetherMs: number;
  #frameId: number;
  #skipCount: number;
  #firstDueMs = 0;

  constructor(start: IngestStart) {
    const { arena, layout, sourceIndex } = start;
    const place = layout.sources[sourceIndex];
    if (place === undefined) throw new RangeError(`source ${sourceIndex}`);
    this.#start = start;
    this.#frameId = start.firstFrame;
    this.#skipCount = start.skipCount;
    this.#clock = new FrameClock(start.timeOffsetMs);
    this.#place = place;
    this.#frames = new Ring(arena, place.frameRingOffset, place.ringCapacity);
    this.#free = new Ring(arena, place.freeRingOffset, place.ringCapacity);
    this.#doorbell = new Doorbell(arena);
    this.#control = new Int32Array(arena, place.controlOffset, SourceControl.sizeBytes / 4);
    const started = place.controlOffset + SourceControl.startedMs;
    this.#startedMs = new Float64Array(arena, started, 1);
    this.#dropTimes = new Float64Array(arena, place.dropTimesOffset, place.dropTimeCount);
    this.#formatted = new Int32Array(place.slotCount);
    this.#words = new Int32Array(arena);
    this.#doubles = new Float64Array(arena);
    this.#floats = new Float32Array(arena);
    this.#address = addressOf(new Uint8Array(arena));
    this.#stopAddress = this.#address + place.controlOffset + SourceControl.stop;
    this.#screening = this.#openScreening();
    this.#togetherMax = place.slotCount / 4;
    this.#togetherMs = this.#screening === null ? ANNOUNCE_WITHIN_MS : SCREEN_WITHIN_MS;
  }

  /** Reads a segment to its end, and lets go of it however that comes. */
  read(segment: IngestSegment): SegmentEnd {
    const first = this.#frameId - this.#skipCount;
    let feed: FrameFeed | undefined;
    let outcome: Pick<SegmentEnd, "reason" | "message">;
    try {
      feed = openFeed(segment, {
        arena: this.#start.arena,
        arenaAddress: this.#address,
        stopAddress: this.#stopAddress,
      });
      outcome = { reason: this.#readFrames(feed, segment) };
    } catch (error) {
      outcome = { reason: "failed", message: error instanceof Error ? error.message : `${error}` };
    }
    const frames = this.#frameId - this.#skipCount - first;
    const partialBytes = feed?.partialBytes ?? 0;
    feed?.close();
    this.#announce();
    this.#doorbell.ringAnyway();
    return { type: "segment-end", frames, partialBytes, ...outcome };
  }

  /** HOT: per frame one slot claimed, one native read, one slot published. */
  #readFrames(feed: FrameFeed, segment: IngestSegment): SegmentEnd["reason"] {
    const { frameLimit } = this.#start;
    this.#segmentCount += 1;
    this.#clock.begin();
    if (this.#startedMs[0] === 0) this.#startedMs[0] = clockMs();
    for (;;) {
      if (this.#stopped) return "stopped";
      if (frameLimit !== null && this.#frameId >= frameLimit) return "limit";
      const isSkipped = this.#skipCount > 0;
      if (!(isSkipped || this.#pace())) return "stopped";
      const slot = isSkipped ? NO_SLOT : this.#claim();
      if (slot === STOPPED) return "stopped";
      let status: number;
      if (isSkipped) status = this.#skip(feed);
      else if (slot < 0) status = this.#drop(feed, segment);
      else status = this.#deliver(feed, slot, segment);
      if (status !== Status.ok && slot >= 0) this.#unused = slot;
      if (status === Status.end) return "end";
      if (status === Status.stopped) return "stopped";
      check(status, "ingest-failed");
    }
  }

  get #stopped(): boolean {
    return Atomics.load(this.#control, SourceControl.stop / 4) !== 0;
  }

  /** Waits until the next frame is due; false when stopped meanwhile. */
  #pace(): boolean {
    const { fps, firstFrame } = this.#start;
    if (fps === null) return true;
    if (this.#frameId === firstFrame) this.#firstDueMs = clockMs();
    const dueMs = this.#firstDueMs + ((this.#frameId - firstFrame) * 1000) / fps;
    return library().aip_sleep_until(dueMs, this.#stopAddress) === Status.ok;
  }

  /** A free slot's number in the source; -1 to drop the frame, STOPPED when stopped. */
  #claim(): number {
    const free = this.#free;
    if (this.#unused >= 0) {
      const unused = this.#unused;
      this.#unused = -1;
      return unused;
    }
    let slot = free.tryPop();
    if (slot >= 0) return slot;
    Atomics.add(this.#control, SourceControl.bufferFullWaits / 4, 1);
    const { drop } = this.#start;
    this.#announce();
    if (drop === "newest") return -1;
    do {
      free.wait(drop === "oldest" ? OLDEST_WAIT_MS : WAIT_MS);
      slot = free.tryPop();
    } while (slot < 0 && drop === "never" && !this.#stopped);
    return slot < 0 && drop === "never" ? STOPPED : slot;
  }

  #deliver(feed: FrameFeed, slot: number, segment: IngestSegment): number {
    const offset = this.#place.slotsOffset + slot * this.#place.slotBytes;
    const words = this.#words;
    if (this.#formatted[slot] !== this.#segmentCount) this.#format(slot, offset, segment);
    words[(offset + SlotHeader.state) / 4] = SlotState.writing;
    const beganMs = clockMs();
    const status = feed.fill(this.#address + offset);
    if (status !== Status.ok) return status;
    const receivedMs = clockMs();
    this.#screening?.look(offset, this.#frameId, feed.isBare === true);
    words[(offset + SlotHeader.frameId) / 4] = this.#frameId;
    this.#doubles[(offset + SlotHeader.timeMs) / 8] = this.#clock.next(feed.timeMs());
    this.#doubles[(offset + SlotHeader.receivedMs) / 8] = receivedMs;
    this.#floats[(offset + SlotHeader.decodeMs) / 4] = receivedMs - beganMs;
    words[(offset + SlotHeader.state) / 4] = SlotState.ready;
    this.#count();
    this.#frames.tryPush(this.#place.firstSlot + slot);
    this.#unannounced += 1;
    // A frame that may be long in coming must not leave the one before unannounced.
    const isPrompt = this.#start.fps === null && this.#mayHold(feed, receivedMs - beganMs);
    const isSoon = receivedMs - this.#announcedMs < this.#togetherMs;
    if (isPrompt && isSoon && this.#unannounced < this.#togetherMax) return Status.ok;
    this.#announcedMs = receivedMs;
    this.#announce();
    return Status.ok;
  }

  /** A file's decoder that was quick has the next frame ready: a cascade looks at both together. */
  #mayHold(feed: FrameFeed, decodeMs: number): boolean {
    if (feed.isPrompt) return true;
    return this.#screening !== null && !this.#start.live && decodeMs < SCREEN_WITHIN_MS / 4;
  }

  #openScreening(): Screening | null {
    const { arena, screening: start } = this.#start;
    if (start === null) return null;
    const batchMax = Math.max(1, Math.floor(this.#place.slotCount / 4));
    return new Screening({
      start,
      arena,
      arenaAddress: this.#address,
      slotsOffset: this.#place.slotsOffset,
      slotBytes: this.#place.slotBytes,
      batchMax,
      control: this.#control,
    });
  }

  /** Makes the frames filled so far visible, and wakes the manager where it sleeps. */
  #announce(): void {
    this.#unannounced = 0;
    this.#screening?.flush();
    this.#free.release();
    this.#frames.publish();
    this.#doorbell.ring();
  }

  /** Reads a frame that has no slot, and counts it. The gap in the ids tells the manager. */
  #drop(feed: FrameFeed, segment: IngestSegment): number {
    const scratch = this.#scratchSlot();
    writeGeometry(scratch.buffer as SharedArrayBuffer, 0, segment.geometry);
    const status = feed.fill(addressOf(scratch));
    if (status !== Status.ok) return status;
    this.#dropTimes[this.#frameId % this.#place.dropTimeCount] = this.#clock.next(feed.timeMs());
    Atomics.add(this.#control, SourceControl.dropped / 4, 1);
    this.#count();
    return Status.ok;
  }

  /** Passes over a frame that an earlier run delivered. */
  #skip(feed: FrameFeed): number {
    const status = feed.skip(addressOf(this.#scratchSlot()));
    if (status === Status.ok) this.#skipCount -= 1;
    return status;
  }

  /** A frame has been received. */
  #count(): void {
    this.#frameId += 1;
    // Counts become certain with the message that ends the segment: no fence.
    this.#control[SourceControl.received / 4] = this.#frameId - this.#start.firstFrame;
  }

  #scratchSlot(): Uint8Array {
    if (this.#scratch === undefined) {
      const buffer = new SharedArrayBuffer(this.#place.slotBytes);
      rootArena(buffer);
      this.#scratch = new Uint8Array(buffer);
    }
    return this.#scratch;
  }

  /** Writes what does not change from frame to frame into a slot's header. */
  #format(slot: number, offset: number, segment: IngestSegment): void {
    const { arena, sourceIndex } = this.#start;
    const { slotBytes, truthCapacity } = this.#place;
    writeGeometry(arena, offset, segment.geometry);
    const words = this.#words;
    words[(offset + SlotHeader.sourceIndex) / 4] = sourceIndex;
    words[(offset + SlotHeader.slotBytes) / 4] = slotBytes;
    words[(offset + SlotHeader.truthCapacity) / 4] = truthCapacity;
    words[(offset + SlotHeader.truthOffsetBytes) / 4] =
      slotBytes - truthCapacity * Detection.sizeBytes;
    this.#formatted[slot] = this.#segmentCount;
  }
}
