import { open, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../cache-folder.ts";
import { DOCUMENT_NAME } from "../cascade/file/save.ts";

/** What makes two searches of a video the same one. */
export interface SearchKey {
  readonly video: string;
  /** Folder of the cascade. */
  readonly cascade: string;
}

/**
 * Where the answers of a search wait until it is over: the same place for the same video, as long as
 * it does not change, and the same cascade.
 */
export async function workFilePath(
  { video, cascade }: SearchKey,
  folder: string = cacheFolder(),
): Promise<string> {
  const path = await realpath(video);
  const { size, mtimeMs } = await stat(path);
  const document = await readFile(join(cascade, DOCUMENT_NAME));
  const hash = new Bun.CryptoHasher("sha256");
  hash.update(JSON.stringify([path, size, mtimeMs])).update(document);
  return join(folder, "find", `${hash.digest("hex").slice(0, 24)}.ndjson`);
}

/** Where the answers stand once all of a video's frames have one. */
export function doneFilePath(workFile: string): string {
  return workFile.replace(/\.ndjson$/, ".done.ndjson");
}

/** What is locked while a search is under way. */
export function lockFilePath(workFile: string): string {
  return workFile.replace(/\.ndjson$/, ".lock");
}

/** How a line says that its frame has the answer of the one before it. */
const REUSED = Buffer.from('"answer":"reused"');
const OK = Buffer.from('"status":"ok"');
const LINE_FEED = 10;
const BLOCK_BYTES = 1 << 20;

/**
 * Cuts the answers of an interrupted search off before the last frame that got an answer of its own,
 * and does nothing where there is no such file. What follows then is what would have followed
 * without the interruption: that frame is answered again, and nothing after it rests on a frame
 * before it. Frames that got no answer, as when the reference model went, are asked again, with all
 * that follow them.
 */
export async function cutToAnchor(path: string): Promise<void> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    const { size } = await file.stat();
    let anchorBytes = 0;
    // Backwards would be quicker, and read lines that are torn apart by blocks.
    for await (const { offset, line } of lines(file, size)) {
      if (!line.includes(OK)) break;
      if (!line.includes(REUSED)) anchorBytes = offset;
    }
    await file.truncate(anchorBytes);
  } finally {
    await file.close();
  }
}

/** Whole lines of a file, each with the offset it begins at. */
async function* lines(
  file: Awaited<ReturnType<typeof open>>,
  size: number,
): AsyncGenerator<{ readonly offset: number; readonly line: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  let restOffset = 0;
  for (let at = 0; at < size; ) {
    const block = Buffer.alloc(Math.min(BLOCK_BYTES, size - at));
    const { bytesRead } = await file.read(block, 0, block.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    rest = Buffer.concat([rest, block.subarray(0, bytesRead)]);
    let begin = 0;
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED, begin)) {
      yield { offset: restOffset + begin, line: rest.subarray(begin, end) };
      begin = end + 1;
    }
    rest = rest.subarray(begin);
    restOffset += begin;
  }
}
