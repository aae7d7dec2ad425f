import { cp, rename, rm, stat } from "node:fs/promises";
import { runtimeError } from "../../errors.ts";
import { reasonOf } from "../../sink/line-writer.ts";
import { partPathOf } from "../../sink/part-path.ts";
import type { Cascade } from "./cascade.ts";
import { loadCascade } from "./load.ts";
import { DOCUMENT_NAME, saveCascade } from "./save.ts";

/**
 * Writes a cascade that was trained anew where another one may lie. One that `aip cascade train`
 * made is kept, under a name with the time of its training: `door.20261121T210000Z.aip`. Those that
 * were trained anew themselves give way.
 *
 * @returns where the one before is kept; null where there was none to keep
 * @throws {AipError} `cascade-unwritable`, or `cascade-invalid` where what lies there is damaged:
 *   it stays as it is
 */
export async function replaceCascade(path: string, cascade: Cascade): Promise<string | null> {
  const kept = (await isThere(`${path}/${DOCUMENT_NAME}`)) ? await keepOriginal(path) : null;
  await saveCascade(path, cascade);
  return kept;
}

async function keepOriginal(path: string): Promise<string | null> {
  const { provenance } = await loadCascade(path);
  if (provenance.retrained !== undefined) return null;
  const kept = originalPath(path, provenance.trainedAt);
  if (await isThere(kept)) return kept;
  const part = partPathOf(kept);
  try {
    await cp(path, part, { recursive: true, dereference: true });
    await rename(part, kept);
  } catch (cause) {
    await rm(part, { recursive: true, force: true });
    throw runtimeError(
      "cascade-unwritable",
      `Cannot keep cascade "${path}" as "${kept}": ${reasonOf(cause)}`,
      cause,
    );
  }
  return kept;
}

/** `door.aip`, trained on 2026-11-21 at 21:00:00 UTC: `door.20261121T210000Z.aip`. */
export function originalPath(path: string, trainedAt: string): string {
  const time = trainedAt.replace(/\.\d+(?=Z$)/, "").replaceAll(/[-:]/g, "");
  const bare = path.replace(/\/+$/, "");
  const stem = bare.replace(/\.aip$/, "");
  return `${stem}.${time}${bare.slice(stem.length)}`;
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
