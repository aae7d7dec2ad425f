import { type FileHandle, open } from "node:fs/promises";
import { type AipError, usageError } from "../errors.ts";
import { reasonOf } from "./line-writer.ts";
import { readNdjson } from "./ndjson-reader.ts";

/** Where a source goes on. */
export interface ResumePoint {
  /** Number of its next frame: all before it are in the file. */
  readonly nextFrame: number;
  /**
   * Presentation time it would have reached by now, in ms, had it gone on: that of its last frame
   * and the time since the file was written. A camera's clock goes on from there.
   */
  readonly elapsedMs: number;
}

const LINE_FEED = 10;
const BLOCK_BYTES = 64 * 1024;

/** How every line begins that `NdjsonSink` writes. */
const LINE_START = Buffer.from('{"source":');

/**
 * Makes the results of a run that broke off ready to be gone on with: returns by the source's name
 * where each goes on, and cuts a torn last line off. A file that is missing holds nothing; one that
 * is refused stays as it is, byte for byte.
 *
 * @param sources names of this run's sources: the file may hold results of no other
 * @throws {AipError} `resume-invalid` where it holds no results, or not every frame of a source of
 * this run once and in order, `results-malformed` where a line is no result, `results-unreadable`
 */
export async function findResumePoints(
  path: string,
  sources: readonly string[],
): Promise<ReadonlyMap<string, ResumePoint>> {
  let file: FileHandle;
  try {
    file = await open(path, "r+");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    const message = `Cannot go on with "${path}": ${reasonOf(cause)}`;
    throw usageError("results-unreadable", message, cause);
  }
  try {
    const { size, mtimeMs } = await file.stat();
    const wholeBytes = await endOfLastLine(file, size);
    await checkTornLine(file, path, wholeBytes);
    const points = await readPoints(path, wholeBytes, mtimeMs);
    checkSources(path, [...points.keys()], sources);
    if (wholeBytes < size) await file.truncate(wholeBytes);
    return points;
  } finally {
    await file.close();
  }
}

/** @param writtenMs when the file was written last, in ms since 1970 */
async function readPoints(
  path: string,
  wholeBytes: number,
  writtenMs: number,
): Promise<ReadonlyMap<string, ResumePoint>> {
  const points = new Map<string, ResumePoint>();
  const idleMs = Math.max(0, Date.now() - writtenMs);
  for await (const { source, frame, timeMs } of readNdjson(path, wholeBytes)) {
    const expected = points.get(source)?.nextFrame ?? 0;
    if (frame !== expected) {
      throw invalid(path, `frame ${frame} of "${source}" stands where frame ${expected} should`);
    }
    points.set(source, { nextFrame: frame + 1, elapsedMs: timeMs + idleMs });
  }
  return points;
}

/** What stands after the last line feed is cut off, so it must be the beginning of a result. */
async function checkTornLine(file: FileHandle, path: string, startBytes: number): Promise<void> {
  const start = Buffer.alloc(LINE_START.length);
  const { bytesRead } = await file.read(start, 0, start.length, startBytes);
  if (start.subarray(0, bytesRead).equals(LINE_START.subarray(0, bytesRead))) return;
  throw invalid(path, "it does not hold results; name another file");
}

function checkSources(path: string, held: readonly string[], sources: readonly string[]): void {
  const other = held.find((name) => !sources.includes(name));
  if (other === undefined) return;
  const names = sources.map((name) => `"${name}"`).join(", ");
  throw invalid(path, `it holds results of "${other}", and this run's sources are ${names}`);
}

function invalid(path: string, reason: string): AipError {
  return usageError("resume-invalid", `Cannot go on with "${path}": ${reason}`);
}

/** Looks backwards: the file may be long, its last line is not. */
async function endOfLastLine(file: FileHandle, sizeBytes: number): Promise<number> {
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let end = sizeBytes; end > 0; ) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const found = block.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
    if (found >= 0) return start + found + 1;
    end = start;
  }
  return 0;
}
