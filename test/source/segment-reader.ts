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
  const mark = segment.framing === "yuv4mpeg" ? "FRAME\n" : "";
  const stepBytes = mark.length + sizeBytes;
  const readPictures = async (): Promise<Buffer> => {
    if (mark !== "") await readLine(segment.fd);
    return await readAll(segment.fd, stepBytes * frames);
  };
  const [bytes, timesMs] = await Promise.all([readPictures(), readTimes(segment)]);
  const count = Math.floor(bytes.length / stepBytes);
  const pictures = Array.from({ length: count }, (_, index) => {
    const at = index * stepBytes;
    if (bytes.toString("latin1", at, at + mark.length) !== mark) throw new Error("out of step");
    return bytes.subarray(at + mark.length, at + stepBytes);
  });
  return { frames: count, partialBytes: bytes.length % stepBytes, pictures, timesMs };
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

/** Passes over a line, if there is one. */
async function readLine(fd: number): Promise<void> {
  const byte = Buffer.alloc(1);
  for (;;) {
    const { bytesRead } = await readAsync(fd, byte, 0, 1, null);
    if (bytesRead === 0 || byte.toString() === "\n") return;
  }
}

async function readAll(fd: number, bytesMax: number): Promise<Buffer> {
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
