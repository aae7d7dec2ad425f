import { runtimeError, usageError } from "../errors.ts";
import {
  ArenaHeader,
  DETECTION_COUNT_MAX,
  Detection,
  LAYOUT_HASH,
  ResultDescriptor,
  SlotHeader,
  SourceControl,
  WorkerControl,
} from "../layout/layout.gen.ts";
import { Ring } from "./ring.ts";

const MAGIC = 0x61697031;
const PAGE_BYTES = 4096;
const CACHE_LINE_BYTES = 64;
/** Largest SharedArrayBuffer Bun makes is 4 GiB; one page less keeps offsets in 32 bits. */
export const ARENA_BYTES_MAX: number = 2 ** 32 - PAGE_BYTES;
/** Times of dropped frames kept until their markers leave in order. */
const DROP_TIME_COUNT = 1024;

/** What one source needs of the arena. */
export interface SourceRoom {
  readonly slotCount: number;
  /** Bytes of one picture. */
  readonly pixelBytes: number;
  /** Room for ground-truth records; 0 where the source has none. */
  readonly truthCapacity: number;
}

export interface ArenaOptions {
  readonly sources: readonly SourceRoom[];
  /** Places for inference workers, spare ones for restarts included. */
  readonly seatCount: number;
  /** Payload bytes of one result; 0 for detections alone. */
  readonly payloadBytes: number;
}

/** Where one source's things lie; offsets in bytes from the start of the arena. */
export interface SourcePlace {
  readonly controlOffset: number;
  /** Filled slots, from ingest to the manager. */
  readonly frameRingOffset: number;
  /** Free slots, from the manager to ingest. */
  readonly freeRingOffset: number;
  /** f64 presentation times of dropped frames, at `frame_id % dropTimeCount`. */
  readonly dropTimesOffset: number;
  readonly dropTimeCount: number;
  readonly ringCapacity: number;
  /** Index of the source's first slot; slots are numbered across all sources. */
  readonly firstSlot: number;
  readonly slotCount: number;
  readonly slotsOffset: number;
  readonly slotBytes: number;
  readonly truthCapacity: number;
}

/** Where one worker's things lie. */
export interface SeatPlace {
  readonly controlOffset: number;
  /** Result blocks to fill, from the manager to the worker. */
  readonly commandRingOffset: number;
  /** Result blocks filled, from the worker to the manager. */
  readonly resultRingOffset: number;
}

/** Where everything lies: plain data that workers receive in a message. */
export interface ArenaLayout {
  readonly sizeBytes: number;
  readonly sources: readonly SourcePlace[];
  readonly seats: readonly SeatPlace[];
  readonly seatRingCapacity: number;
  readonly slotCount: number;
  readonly resultsOffset: number;
  readonly resultCount: number;
  readonly resultBytes: number;
  readonly payloadBytes: number;
}

/** Byte offset of the detection records, and of the payload area, in a result block. */
export const DETECTIONS_OFFSET: number = ResultDescriptor.sizeBytes;
export const PAYLOAD_OFFSET: number =
  ResultDescriptor.sizeBytes + DETECTION_COUNT_MAX * Detection.sizeBytes;

const align = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;
const powerOfTwo = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(count, 2)));

/**
 * Lays out one arena:
 *
 * ```text
 * header │ source: control, frame ring, free ring, drop times │ … │ seat: control, command ring,
 * result ring │ … │ result blocks │ slots of source 0 │ slots of source 1 │ …
 * ```
 *
 * There are two result blocks a slot: one for the frame, one for the attempt of a worker that hangs
 * and may still write.
 */
export function layoutArena(options: ArenaOptions): ArenaLayout {
  let end: number = ArenaHeader.sizeBytes;
  const reserve = (bytes: number, alignment = CACHE_LINE_BYTES): number => {
    const offset = align(end, alignment);
    end = offset + bytes;
    return offset;
  };
  const slotCount = options.sources.reduce((sum, source) => sum + source.slotCount, 0);
  const resultCount = 2 * slotCount;
  const resultBytes = align(PAYLOAD_OFFSET + options.payloadBytes, CACHE_LINE_BYTES);
  const seatRingCapacity = powerOfTwo(resultCount);

  const controls = options.sources.map((source) => {
    const ringCapacity = powerOfTwo(source.slotCount);
    return {
      ringCapacity,
      controlOffset: reserve(SourceControl.sizeBytes),
      frameRingOffset: reserve(Ring.sizeBytes(ringCapacity)),
      freeRingOffset: reserve(Ring.sizeBytes(ringCapacity)),
      dropTimesOffset: reserve(8 * DROP_TIME_COUNT),
    };
  });
  const seats = Array.from({ length: options.seatCount }, () => ({
    controlOffset: reserve(WorkerControl.sizeBytes),
    commandRingOffset: reserve(Ring.sizeBytes(seatRingCapacity)),
    resultRingOffset: reserve(Ring.sizeBytes(seatRingCapacity)),
  }));
  const resultsOffset = reserve(resultBytes * resultCount);

  let firstSlot = 0;
  const sources = options.sources.map((source, index): SourcePlace => {
    const slotBytes = align(
      SlotHeader.sizeBytes +
        align(source.pixelBytes, CACHE_LINE_BYTES) +
        source.truthCapacity * Detection.sizeBytes,
      CACHE_LINE_BYTES,
    );
    const place = {
      ...(controls[index] as (typeof controls)[number]),
      dropTimeCount: DROP_TIME_COUNT,
      firstSlot,
      slotCount: source.slotCount,
      slotsOffset: reserve(slotBytes * source.slotCount, PAGE_BYTES),
      slotBytes,
      truthCapacity: source.truthCapacity,
    };
    firstSlot += source.slotCount;
    return place;
  });
  return {
    sizeBytes: align(end, PAGE_BYTES),
    sources,
    seats,
    seatRingCapacity,
    slotCount,
    resultsOffset,
    resultCount,
    resultBytes,
    payloadBytes: options.payloadBytes,
  };
}

/**
 * Allocates and pre-touches an arena, and roots it for the life of the process.
 *
 * @param availableBytes memory the machine can still give
 * @throws {AipError} `slots-too-many` where it does not fit, saying how many slots would
 */
export function allocateArena(layout: ArenaLayout, availableBytes: number): SharedArrayBuffer {
  if (layout.sizeBytes > Math.min(ARENA_BYTES_MAX, availableBytes)) {
    throw tooManySlots(layout, availableBytes);
  }
  let buffer: SharedArrayBuffer;
  try {
    buffer = new SharedArrayBuffer(layout.sizeBytes);
  } catch (cause) {
    const megabytes = Math.ceil(layout.sizeBytes / 2 ** 20);
    const message = `Cannot allocate ${megabytes} MB for the slots: use fewer with --slots`;
    throw runtimeError("slots-too-many", message, cause);
  }
  // A page is mapped when it is first written: pay for that now, not while frames arrive.
  const bytes = new Uint8Array(buffer);
  for (let offset = 0; offset < bytes.length; offset += PAGE_BYTES) bytes[offset] = 0;
  const header = new Uint32Array(buffer, 0, ArenaHeader.sizeBytes / 4);
  header[ArenaHeader.magic / 4] = MAGIC;
  header[ArenaHeader.layoutHash / 4] = LAYOUT_HASH;
  header[ArenaHeader.arenaBytes / 4] = layout.sizeBytes;
  rootArena(buffer);
  return buffer;
}

function tooManySlots(layout: ArenaLayout, availableBytes: number): Error {
  const limitBytes = Math.max(0, Math.min(ARENA_BYTES_MAX, availableBytes));
  const perSlot =
    2 * layout.resultBytes + Math.max(...layout.sources.map((source) => source.slotBytes));
  const fixed = layout.sizeBytes - layout.slotCount * perSlot;
  const fitting = Math.floor((limitBytes - Math.max(fixed, 0)) / perSlot / layout.sources.length);
  const gigabytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  const perSource = Math.round(layout.slotCount / layout.sources.length);
  return usageError(
    "slots-too-many",
    `${perSource} slots a source need ${gigabytes(layout.sizeBytes)} GiB, but ` +
      (availableBytes < ARENA_BYTES_MAX
        ? `the machine has only ${gigabytes(limitBytes)} GiB free for them`
        : `an arena holds at most ${gigabytes(limitBytes)} GiB`) +
      `: ${Math.max(fitting, 0)} would fit (--slots)`,
  );
}

/**
 * Keeps the arena alive in the calling thread: native addresses into it stay numbers, which keep
 * nothing alive. Every thread that uses an arena calls this.
 */
export function rootArena(buffer: SharedArrayBuffer): void {
  const key = Symbol.for("aip.arenas");
  const holder = globalThis as { [key]?: Set<SharedArrayBuffer> };
  holder[key] ??= new Set();
  holder[key].add(buffer);
}

/** Lets go of an arena no thread uses any more. */
export function unrootArena(buffer: SharedArrayBuffer): void {
  const holder = globalThis as { [key: symbol]: Set<SharedArrayBuffer> | undefined };
  holder[Symbol.for("aip.arenas")]?.delete(buffer);
}

/** Byte offset of a slot, whichever source it belongs to. */
export function slotOffset(layout: ArenaLayout, slotIndex: number): number {
  for (const source of layout.sources) {
    const index = slotIndex - source.firstSlot;
    if (index < source.slotCount) return source.slotsOffset + index * source.slotBytes;
  }
  throw new RangeError(`slot ${slotIndex} of ${layout.slotCount}`);
}

/** Byte offset of a result block. */
export function resultOffset(layout: ArenaLayout, resultIndex: number): number {
  return layout.resultsOffset + resultIndex * layout.resultBytes;
}
