import type { Database } from "bun:sqlite";
import { usageError } from "../../errors.ts";
import type { Fingerprint } from "../../footage/fingerprint.ts";

/** Also for whoever has named no file: `aip cascade train` keeps labels in the cache. */
const CURE = "delete it and it is made anew, or (in code) label into another file";

/** Where labels come from. */
export interface LabelOrigin {
  /** Name of the reference model, or of the file they were imported from. */
  readonly name: string;
  /** SHA-256 of the model's file; null for imported labels. */
  readonly sha256: string | null;
  /** Detections below it were not kept, 0–1: no question may ask for less. */
  readonly confidence: number;
}

/** What a file of labels is about. */
export interface LabelHead {
  readonly footage: Fingerprint;
  readonly origin: LabelOrigin;
  /** Class names, class 0 first. */
  readonly classes: readonly string[];
}

/** The head of a file; null where it has none yet. */
export function readHead(db: Database): LabelHead | null {
  const head = db.query("SELECT footage, origin FROM head").get() as {
    footage: string;
    origin: string;
  } | null;
  if (head === null) return null;
  const names = db.query("SELECT name FROM classes ORDER BY id").all() as { name: string }[];
  return {
    footage: JSON.parse(head.footage) as Fingerprint,
    origin: JSON.parse(head.origin) as LabelOrigin,
    classes: names.map(({ name }) => name),
  };
}

export function writeHead(db: Database, { footage, origin, classes }: LabelHead): void {
  const addClass = db.prepare("INSERT INTO classes VALUES (?, ?)");
  db.transaction(() => {
    db.run("INSERT INTO head VALUES (?, ?)", [JSON.stringify(footage), JSON.stringify(origin)]);
    classes.forEach((name, id) => {
      addClass.run(id, name);
    });
  })();
  addClass.finalize();
}

/** Refuses labels of other footage, or of another origin than the one to go on with. */
export function checkHead(
  path: string,
  held: LabelHead,
  wanted: { readonly footage: Fingerprint; readonly origin?: LabelOrigin },
): void {
  if (held.footage.id !== wanted.footage.id) {
    const names = `${told(held.footage)}, not to ${told(wanted.footage)}`;
    const message = `Labels "${path}" belong to ${names}: ${CURE}`;
    throw usageError("labels-other-footage", message);
  }
  const { origin } = wanted;
  if (origin === undefined) return;
  const { name, sha256, confidence } = held.origin;
  const isSameModel = sha256 === origin.sha256 && (sha256 !== null || name === origin.name);
  if (isSameModel && confidence === origin.confidence) return;
  const message =
    `Labels "${path}" are by "${name}" from a confidence of ${confidence} up, ` +
    `not by "${origin.name}" from ${origin.confidence}: ${CURE}`;
  throw usageError("labels-other-origin", message);
}

function told({ name, width, height, frames, id }: Fingerprint): string {
  const length = frames > 0 ? `, ${frames} frames` : "";
  return `"${name}" (${width}×${height}${length}, ${id.slice(0, 8)})`;
}
