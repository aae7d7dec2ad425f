import { mkdir, readFile } from "node:fs/promises";
import { sha256 } from "../cascade/file/seal.ts";
import { replaceFile } from "../sink/replace-file.ts";
import type { Candidate } from "./candidates.ts";

/**
 * Keeps a trained network: a line with the SHA-256 of what follows, and JSON with the model in
 * Base64.
 *
 * @throws the system's error where it cannot be written
 */
export async function keepNetwork(folder: string, path: string, network: Candidate): Promise<void> {
  await mkdir(folder, { recursive: true });
  const text = JSON.stringify({ ...network, model: Buffer.from(network.model).toString("base64") });
  await replaceFile(path, `${sha256(text)}\n${text}`);
}

/** What a file of a kept network holds: null where there is none, `damaged` where it has changed. */
export async function readKeptNetwork(path: string): Promise<Candidate | "damaged" | null> {
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const end = content.indexOf("\n");
  const text = content.slice(end + 1);
  if (content.slice(0, end) !== sha256(text)) return "damaged";
  const kept = JSON.parse(text);
  return { ...kept, model: new Uint8Array(Buffer.from(kept.model, "base64")) };
}
