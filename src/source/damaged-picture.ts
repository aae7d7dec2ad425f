import { existsSync } from "node:fs";
import { runTool } from "./tool.ts";

/** Pictures looked at one by one, at most: each takes a process of its own. */
const LOOK_COUNT_MAX = 200;
const LOOK_LIMIT_MS = 5000;

/**
 * Finds the first picture of several that cannot be decoded cleanly, and says what is wrong with
 * it: a decoder of many does not tell which one it complains of.
 *
 * @returns words that begin with the file's name; undefined where none was found among the first
 */
export async function findDamagedPicture(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths.slice(0, LOOK_COUNT_MAX)) {
    const isOnly = paths.length === 1;
    if (!existsSync(path)) return `"${path}" has gone`;
    if (isOnly || !(await isClean(path))) return `"${path}" is damaged`;
  }
  return undefined;
}

async function isClean(path: string): Promise<boolean> {
  const input = ["-pattern_type", "none", "-f", "image2", "-i", `file:${path}`];
  const args = ["-nostdin", "-hide_banner", "-v", "error", ...input, "-f", "null", "-"];
  const { exitCode, stderr } = await runTool("ffmpeg", args, LOOK_LIMIT_MS);
  return exitCode === 0 && stderr === "";
}
