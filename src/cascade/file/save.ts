import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AipError, runtimeError, usageError } from "../../errors.ts";
import { LUMA_SIDE } from "../../footage/luma-side.ts";
import { reasonOf } from "../../sink/line-writer.ts";
import { checkFolder } from "../../sink/make-folder.ts";
import { replaceFile } from "../../sink/replace-file.ts";
import type { Cascade } from "./cascade.ts";
import { type CascadeDocument, type CascadePart, toDocument } from "./document.ts";
import { encodeGray } from "./gray-picture.ts";
import { sealDocument, sha256 } from "./seal.ts";

/** The file that makes a folder a cascade. */
export const DOCUMENT_NAME = "cascade.json";
/** Digits of a part's hash in its name. */
const TAG_LENGTH = 12;

/**
 * Writes a cascade: a folder with `cascade.json` and its parts. Parts are named after their content
 * and are there before `cascade.json` is replaced, at once and whole: at every moment a reader finds
 * the old cascade or the new one. Parts of the old one go last. Where it fails, as on a full disk, the
 * old one is as it was.
 *
 * @throws {AipError} `cascade-unwritable`, also where something else has that name
 */
export async function saveCascade(path: string, cascade: Cascade): Promise<void> {
  await checkTarget(path);
  const before = (await isThere(path)) ? await readdir(path) : null;
  const { document, files } = filesOf(cascade);
  try {
    await mkdir(path, { recursive: true });
    // Parts that stay are those of the old cascade until then: they, too, are replaced whole.
    for (const [name, bytes] of files) await replaceFile(join(path, name), bytes);
    await replaceFile(join(path, DOCUMENT_NAME), sealDocument(document));
    const kept = new Set([DOCUMENT_NAME, ...files.keys()]);
    for (const name of await readdir(path)) {
      if (!kept.has(name) && PART_NAME.test(name)) await rm(join(path, name), { force: true });
    }
  } catch (cause) {
    const added =
      before === null ? [""] : [...files.keys()].filter((name) => !before.includes(name));
    for (const name of added) await rm(join(path, name), { recursive: true, force: true });
    throw runtimeError(
      "cascade-unwritable",
      `Cannot write cascade "${path}": ${reasonOf(cause)}`,
      cause,
    );
  }
}

/**
 * Refuses a name under which something lies that is no cascade, or nothing can lie, before anything
 * is trained.
 *
 * @throws {AipError} `cascade-unwritable`, `folder-unwritable`
 */
export async function checkTarget(path: string): Promise<void> {
  try {
    if (!(await isThere(path))) {
      await checkFolder(path);
      return;
    }
    if (!(await stat(path)).isDirectory()) throw occupied(path, "a file that is no cascade");
    const names = await readdir(path);
    if (names.length === 0 || names.includes(DOCUMENT_NAME)) return;
    throw occupied(path, "a folder that is no cascade");
  } catch (cause) {
    if (cause instanceof AipError) throw cause;
    const message = `Cannot write cascade "${path}": ${reasonOf(cause)}`;
    throw usageError("cascade-unwritable", message, cause);
  }
}

const PART_NAME = new RegExp(`^[a-z]+-[0-9a-f]{${TAG_LENGTH}}\\.[a-z.]+$`);

function filesOf(cascade: Cascade): {
  readonly document: CascadeDocument;
  readonly files: ReadonlyMap<string, Uint8Array>;
} {
  const files = new Map<string, Uint8Array>();
  const { difference, network } = cascade.levels;
  const add = (stem: string, ending: string, bytes: Uint8Array | null): CascadePart | null => {
    if (bytes === null) return null;
    const hash = sha256(bytes);
    const file = `${stem}.${ending}`.replace(".", `-${hash.slice(0, TAG_LENGTH)}.`);
    files.set(file, bytes);
    return { file, bytes: bytes.length, sha256: hash };
  };
  const reference = difference?.reference ?? null;
  const model = add("network", "onnx", network?.model ?? null);
  const manifest = manifestBytes(cascade);
  if (model !== null && manifest !== null) files.set(model.file.replace(/onnx$/, "json"), manifest);
  return {
    document: toDocument(cascade, {
      network: model,
      // Beside its model, under its name, as every manifest is looked for.
      manifest:
        model === null || manifest === null
          ? null
          : {
              file: model.file.replace(/onnx$/, "json"),
              bytes: manifest.length,
              sha256: sha256(manifest),
            },
      reference: add("reference", "pgm", reference && encodeGray(reference, LUMA_SIDE)),
      observations: add("observations", "zst", cascade.observations),
      front: add("front", "svg", cascade.front === null ? null : Buffer.from(cascade.front)),
    }),
    files,
  };
}

function manifestBytes({ networkManifest }: Cascade): Uint8Array | null {
  if (networkManifest === null) return null;
  return Buffer.from(`${JSON.stringify(networkManifest, null, 2)}\n`);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

function occupied(path: string, what: string): AipError {
  const message = `Cannot write cascade "${path}": it is ${what}; give another name`;
  return usageError("cascade-unwritable", message);
}
