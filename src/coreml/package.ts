import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import { unreadable } from "./unreadable.ts";
import { leaves } from "./weights.ts";

/** Where the parts of a model lie. */
export interface ModelPlace {
  readonly file: string;
  /** The folder its weight files are named from. */
  readonly folder: string;
  /** Metadata that counts before the model's own; null where there is none. */
  readonly metadataFile: string | null;
}

/** What Xcode calls metadata that was edited. */
const METADATA_NAME = "Metadata.json";

/** Everything a package holds lies below this folder of it. */
const DATA = "Data";

const text = v.string();
const ManifestSchema = v.object({
  rootModelIdentifier: text,
  itemInfoEntries: v.record(text, v.object({ path: text })),
});

/**
 * Finds the model in a `.mlpackage`: a folder with a `Manifest.json` that lists what lies in it by
 * identifiers, one of them the model's.
 *
 * Names must stay inside the package. Links are followed: caches of downloaded models are full of
 * them.
 *
 * @throws {AipError} `model-invalid`
 */
export function locatePackage(path: string): ModelPlace {
  const { rootModelIdentifier, itemInfoEntries } = readManifest(path);
  const item = Object.hasOwn(itemInfoEntries, rootModelIdentifier)
    ? itemInfoEntries[rootModelIdentifier]
    : undefined;
  if (item === undefined) throw unreadable(path, "its Manifest.json lists no model");
  const metadata = Object.values(itemInfoEntries).find(
    (each) => basename(each.path) === METADATA_NAME,
  );
  const file = fileOf(path, item.path, "model file");
  const metadataFile = metadata === undefined ? null : fileOf(path, metadata.path, "metadata");
  return { file, folder: dirname(file), metadataFile };
}

function fileOf(path: string, name: string, what: string): string {
  if (leaves(name)) {
    throw unreadable(path, `its Manifest.json names ${JSON.stringify(name)}, outside of it`);
  }
  const file = join(path, DATA, name);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) return file;
  throw unreadable(path, `it lacks its ${what} "${join(DATA, name)}"`);
}

function readManifest(path: string): v.InferOutput<typeof ManifestSchema> {
  const file = join(path, "Manifest.json");
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) {
    throw unreadable(path, "it is no Core ML package: it has no Manifest.json");
  }
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unreadable(path, `its Manifest.json is not JSON: ${error.message}`, error);
  }
  const result = v.safeParse(ManifestSchema, value);
  if (result.success) return result.output;
  const keys = '"rootModelIdentifier" and "itemInfoEntries"';
  throw unreadable(path, `its Manifest.json is not a Core ML package's: it must have ${keys}`);
}
