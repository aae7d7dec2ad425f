import { read } from "node:fs";
import { promisify } from "node:util";
import { planeLayout } from "../../src/layout/planes.ts";
import type { IngestSegment, SegmentResult, Source } from "../../src/source/source.ts";
import { TimestampParser } from "../../src/source/timestamps.ts";
import { pipes } from "./pipes.ts";

const readAsync = promisify(read);
const CHUNK_BYTES = 1 << 16;

/** What an ingest worker would have read. */
export interface ReadSegment extends SegmentResult {
  /** Size and content of every whole frame, in order. */
  readonly pictures: readonly Uint8Array[];
  readonly timesMs: readonly number[];
}

/**
 * Reads a segment to its end, or until `frames` frames have come, and closes its pipes. One at a
 * time: the reads block two threads of the engine's small pool.
 */
export async function readSegment(
  segment: IngestSegment | null,
  frames: number = Number.POSITIVE_INFINITY,
): Promise<ReadSegment> {
  if (segment?.kind !== "pipe") throw new Error("There is no pipe to read");
  const { sizeBytes } = planeLayout(segment.geometry);
  const [bytes, timesMs] = await Promise.all([
    readAll(segment.fd, sizeBytes * frames),
    readTimes(segment),
  ]);
  const count = Math.floor(bytes.length / sizeBytes);
  const pictures = Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * sizeBytes, (index + 1) * sizeBytes),
  );
  return { frames: count, partialBytes: bytes.length % sizeBytes, pictures, timesMs };
}

/** Reads all of a source's segments and asks for the verdict on each. */
export async function readSource(
  source: Source,
): Promise<{ segments: ReadSegment[]; errors: (string | null)[] }> {
  const segments: ReadSegment[] = [];
  const errors: (string | null)[] = [];
  for (;;) {
    const segment = await source.open();
    if (segment === null) return { segments, errors };
    const result = await readSegment(segment);
    segments.push(result);
    errors.push((await source.finish(result))?.message ?? null);
  }
}

async function readAll(fd: number, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  while (sizeBytes < bytesMax) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, bytesMax - sizeBytes));
    const { bytesRead } = await readAsync(fd, chunk, 0, chunk.length, null);
    if (bytesRead === 0) break;
    chunks.push(chunk.subarray(0, bytesRead));
    sizeBytes += bytesRead;
  }
  pipes.closeFd(fd);
  return Buffer.concat(chunks);
}

type PipeSegment = Extract<IngestSegment, { kind: "pipe" }>;

async function readTimes({ timestampFd: fd, startMs, zeroUs }: PipeSegment): Promise<number[]> {
  const parser = new TimestampParser(startMs, zeroUs);
  const times: number[] = [];
  const chunk = Buffer.alloc(4096);
  for (;;) {
    const { bytesRead } = await readAsync(fd, chunk, 0, chunk.length, null);
    if (bytesRead === 0) break;
    parser.push(chunk, bytesRead);
    for (let time = parser.next(); time !== undefined; time = parser.next()) times.push(time);
  }
  pipes.closeFd(fd);
  return times;
}
