import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { AipError, usageError } from "../../errors.ts";
import { LUMA_SIDE } from "../../footage/luma-side.ts";
import { type ModelManifest, validateManifest } from "../../model/manifest.ts";
import { reasonOf } from "../../sink/line-writer.ts";
import type { Cascade } from "./cascade.ts";
import {
  type CascadeDocument,
  type CascadePart,
  fromDocument,
  type PartContents,
} from "./document.ts";
import { decodeGray } from "./gray-picture.ts";
import { DOCUMENT_NAME } from "./save.ts";
import { openDocument, sha256 } from "./seal.ts";

/** A cascade of such a size was not written by aip. */
const DOCUMENT_BYTES_MAX = 1 << 20;
/** A zip archive begins with a local file header (PKWARE, APPNOTE.TXT, 4.3.7). */
const ZIP_MAGIC = Buffer.from("PK\x03\x04", "latin1");

/**
 * Reads a cascade that `saveCascade` wrote, and checks all of it: every value, every part's size
 * and hash. What it returns is what was written.
 *
 * @throws {AipError} `cascade-not-found`, `cascade-invalid`: truncated, altered, of another
 *   version, thresholds that are crossed
 *
 * @example
 * ```ts
 * const { levels, question } = await loadCascade("door.aip");
 * ```
 */
export async function loadCascade(path: string): Promise<Cascade> {
  const first = await readDocumentText(path);
  try {
    return await assemble(path, first);
  } catch (error) {
    // A cascade may be replaced while it is read: then its old parts are gone.
    const again = await readDocumentText(path);
    if (again === first) throw asCascadeError(path, error);
    return await assemble(path, again).catch((latest) => {
      throw asCascadeError(path, latest);
    });
  }
}

async function assemble(path: string, text: string): Promise<Cascade> {
  const document = openDocument(text);
  return fromDocument(document, await readParts(path, document));
}

async function readParts(path: string, { parts }: CascadeDocument): Promise<PartContents> {
  const read = async (part: CascadePart | null): Promise<Uint8Array | null> =>
    part === null ? null : await readPart(path, part);
  const [network, manifest, reference, observations, front] = await Promise.all([
    read(parts.network),
    read(parts.manifest),
    read(parts.reference),
    read(parts.observations),
    read(parts.front),
  ]);
  return {
    network,
    manifest: manifest === null ? null : manifestOf(manifest, parts.manifest?.file ?? ""),
    reference: reference === null ? null : decodeGray(reference, LUMA_SIDE),
    observations,
    front: front === null ? null : Buffer.from(front).toString("utf8"),
  };
}

async function readPart(path: string, part: CascadePart): Promise<Uint8Array> {
  const { file, bytes: size } = part;
  let bytes: Buffer;
  try {
    bytes = await readFile(join(path, file));
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const what = isAbsent ? "is missing" : `cannot be read (${reasonOf(cause)})`;
    throw usageError("cascade-invalid", `its file "${file}" ${what}`, cause);
  }
  if (bytes.length < size) {
    const what = `is cut short: ${bytes.length} of ${size} bytes`;
    throw usageError("cascade-invalid", `its file "${file}" ${what}`);
  }
  if (sha256(bytes) !== part.sha256) {
    throw usageError("cascade-invalid", `its file "${file}" was altered: the hash differs`);
  }
  return new Uint8Array(bytes);
}

function manifestOf(bytes: Uint8Array, file: string): ModelManifest {
  return validateManifest(JSON.parse(Buffer.from(bytes).toString("utf8")), file);
}

async function readDocumentText(path: string): Promise<string> {
  const document = join(path, DOCUMENT_NAME);
  try {
    const { size } = await stat(document);
    if (size > DOCUMENT_BYTES_MAX) throw invalid(path, "its cascade.json is far too large");
    return await readFile(document, "utf8");
  } catch (cause) {
    if (cause instanceof AipError) throw cause;
    throw await absent(path, cause);
  }
}

/** Why there is no `cascade.json` to read. */
async function absent(path: string, cause: unknown): Promise<AipError> {
  const what = await stat(path).catch(() => null);
  if (what === null) {
    const hint = `"aip cascade train CAMERA --for person --out ${path}" makes one`;
    return usageError("cascade-not-found", `Cannot open cascade "${path}": no such file; ${hint}`);
  }
  if (what.isFile() && (await isZip(path))) {
    const reason = `it is a zip archive, and a cascade is a folder: unzip it first, and give the folder that holds ${DOCUMENT_NAME}`;
    return invalid(path, reason, cause);
  }
  if (!what.isDirectory()) return invalid(path, "it is no cascade, which is a folder", cause);
  const { code } = cause as NodeJS.ErrnoException;
  if (code !== "ENOENT") return invalid(path, `it cannot be read (${reasonOf(cause)})`, cause);
  return invalid(path, `it holds no ${DOCUMENT_NAME}: it is no cascade, or was cut short`, cause);
}

async function isZip(path: string): Promise<boolean> {
  const head = await Bun.file(path)
    .slice(0, ZIP_MAGIC.length)
    .bytes()
    .catch(() => new Uint8Array());
  return Buffer.from(head).equals(ZIP_MAGIC);
}

function asCascadeError(path: string, error: unknown): unknown {
  if (!(error instanceof AipError)) return error;
  return invalid(path, error.message, error);
}

function invalid(path: string, reason: string, cause?: unknown): AipError {
  return usageError("cascade-invalid", `Cannot open cascade "${path}": ${reason}`, cause);
}
