import { type FileHandle, open } from "node:fs/promises";
import { usageError } from "../errors.ts";
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

/**
 * Makes the results of a run that broke off ready to be gone on with: cuts a torn last line off,
 * and returns by the source's name where each goes on. A file that is missing holds nothing.
 *
 * @throws {AipError} `resume-invalid` where it does not hold every frame of a source once and in
 * order, `results-malformed` where a line is no result, `results-unreadable`
 */
export async function findResumePoints(path: string): Promise<ReadonlyMap<string, ResumePoint>> {
  const points = new Map<string, ResumePoint>();
  const writtenMs = await cutTornLine(path);
  if (writtenMs === undefined) return points;
  const idleMs = Math.max(0, Date.now() - writtenMs);
  for await (const { source, frame, timeMs } of readNdjson(path)) {
    const expected = points.get(source)?.nextFrame ?? 0;
    if (frame !== expected) {
      const reason = `frame ${frame} of "${source}" stands where frame ${expected} should`;
      throw usageError("resume-invalid", `Cannot go on with "${path}": ${reason}`);
    }
    points.set(source, { nextFrame: frame + 1, elapsedMs: timeMs + idleMs });
  }
  return points;
}

/**
 * Cuts off what stands after the last line feed. Returns when the file was written last, in ms
 * since 1970; undefined where there is none.
 */
async function cutTornLine(path: string): Promise<number | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, "r+");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    const message = `Cannot go on with "${path}": ${reasonOf(cause)}`;
    throw usageError("results-unreadable", message, cause);
  }
  try {
    const { size, mtimeMs } = await file.stat();
    const wholeBytes = await endOfLastLine(file, size);
    if (wholeBytes < size) await file.truncate(wholeBytes);
    return mtimeMs;
  } finally {
    await file.close();
  }
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
