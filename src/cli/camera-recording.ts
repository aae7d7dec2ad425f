import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../cache-folder.ts";
import { AipError } from "../errors.ts";
import { type RecordOptions, recordCamera } from "../learning/record.ts";
import { makeFolder } from "../sink/make-folder.ts";
import { cameraStem } from "./cascade-options.ts";

/**
 * Records a camera, whose frames come but once, and uses the recording; it is removed once that has
 * succeeded. Where something fails or is interrupted it stays, and the error says where.
 *
 * @param use is given the recording, a video named after the camera
 */
export async function withRecording<T>(
  options: Omit<RecordOptions, "path">,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const parent = join(cacheFolder(), "recordings");
  await makeFolder(parent);
  const folder = await mkdtemp(join(parent, "camera-"));
  const path = join(folder, `${cameraStem(options.camera)}.mp4`);
  try {
    await recordCamera({ ...options, path });
    const used = await use(path);
    await rm(folder, { recursive: true });
    return used;
  } catch (error) {
    // Nothing was watched, or what was is not whole.
    if (!existsSync(path)) await rm(folder, { recursive: true });
    else if (error instanceof AipError) throw goingOn(error, path);
    else process.stderr.write(`${keptIn(path)}\n`);
    throw error;
  }
}

/** The same error, with the way on. */
function goingOn(cause: AipError, path: string): AipError {
  const { code, category, message } = cause;
  // "The same command" would watch anew.
  const said = code === "interrupted" ? "Interrupted" : message;
  return new AipError(`${said}; ${keptIn(path)}`, { code, category, cause });
}

function keptIn(path: string): string {
  return `what was watched is kept: aip cascade train "${path}", with the same flags, goes on from there`;
}
