import { rename, rm, writeFile } from "node:fs/promises";
import { partPathOf } from "./part-path.ts";

/**
 * Writes a file whole or not at all: beside the one that is there, which it then takes the place
 * of. The folder must exist. What cannot be written leaves nothing behind.
 *
 * @throws what the file system says
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const part = partPathOf(path);
  try {
    await writeFile(part, content);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    throw cause;
  }
}
