import { SlotHeader, Status } from "../../src/layout/layout.gen.ts";
import { planeLayout } from "../../src/layout/planes.ts";
import { addressOf, closeFd, createPipe } from "../../src/native/library.ts";
import { openFeed } from "../../src/source/feed.ts";
import { openSource } from "../../src/source/open.ts";
import type { Source } from "../../src/source/source.ts";
import type { PixelFormatName } from "../../src/types.ts";
import { ffmpeg } from "./media.ts";

const UNTOUCHED = 0xa5;

export interface ReadOptions {
  readonly every: number;
  readonly first?: number;
  readonly pixelFormat?: PixelFormatName;
  /** Called before the frame of each number is read. */
  readonly onFrame?: (frame: number, source: Source) => void;
}

export interface ReadFrames {
  readonly timesMs: number[];
  /** Frames that came with pixels, by number. */
  readonly pictures: Map<number, Buffer>;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly notes: readonly string[];
  /** Whether packets were left out on the way to the decoder. */
  readonly isThinned: boolean;
}

/** Reads a file as an ingest worker does; the slot is wiped before every frame. */
export async function readFrames(path: string, options: ReadOptions): Promise<ReadFrames> {
  const { every, first = 0, pixelFormat, onFrame } = options;
  const pipes = { createPipe, closeFd };
  const source = await openSource(path, { pipes, every, ...(pixelFormat && { pixelFormat }) });
  if (first > 0) source.startAt?.(first);
  const segment = await source.open();
  if (segment?.kind !== "pipe") throw new Error("There is no pipe to read");
  const { sizeBytes } = planeLayout(segment.geometry);
  const arena = new SharedArrayBuffer(SlotHeader.sizeBytes + sizeBytes + 4);
  const pixels = new Uint8Array(arena, SlotHeader.sizeBytes, sizeBytes);
  const untouched = Buffer.alloc(sizeBytes, UNTOUCHED);
  const address = addressOf(new Uint8Array(arena));
  const stop = addressOf(new Uint32Array(arena, 0, 1));
  const feed = openFeed(segment, { arena, arenaAddress: address, stopAddress: stop });
  const timesMs: number[] = [];
  const pictures = new Map<number, Buffer>();
  for (;;) {
    onFrame?.(timesMs.length, source);
    pixels.fill(UNTOUCHED);
    const status = feed.fill(address);
    if (status === Status.end) break;
    if (status !== Status.ok) throw new Error(`status ${status}`);
    const isBare = untouched.equals(pixels);
    if (feed.isBare !== isBare) throw new Error(`frame ${timesMs.length}: bare or not?`);
    if (!isBare) pictures.set(timesMs.length, Buffer.from(pixels));
    timesMs.push(feed.timeMs());
  }
  const result = { frames: timesMs.length, partialBytes: feed.partialBytes };
  feed.close();
  const error = await source.finish(result);
  const notes = source.notes();
  await source.close();
  const isThinned = segment.timesMs !== undefined;
  return { timesMs, pictures, error, notes, isThinned };
}

/** Every frame of a file, as ffmpeg alone decodes it. */
export function decodedBy(path: string, sizeBytes: number, pixelFormat = "yuv420p"): Buffer[] {
  const args = ["-i", path, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixelFormat];
  const bytes = Buffer.from(ffmpeg(...args, "-"));
  return Array.from({ length: bytes.length / sizeBytes }, (_, frame) =>
    bytes.subarray(frame * sizeBytes, (frame + 1) * sizeBytes),
  );
}

export function multiples(of: number, count: number): number[] {
  return Array.from({ length: Math.ceil(count / of) }, (_, index) => index * of);
}
