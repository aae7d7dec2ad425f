import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { type AipError, runtimeError, usageError } from "../../errors.ts";

/** Number of the schema below; a file of another is refused. */
export const LABELS_VERSION = 1;
/** Marks the file as ours: the characters `aipl`. */
const APPLICATION_ID = 0x6169706c;

/** Also for whoever has named no file: `aip cascade train` keeps labels in the cache. */
const CURE = "delete it and it is made anew, unless it is something else of yours";

const SCHEMA = `
  -- One row, JSON: a fingerprint, and who made the labels.
  CREATE TABLE head (footage TEXT NOT NULL, origin TEXT NOT NULL) STRICT;
  CREATE TABLE classes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  -- state: 0 labelled, 1 failed. objects: records of 24 bytes.
  CREATE TABLE frames (
    frame INTEGER PRIMARY KEY, time_ms REAL NOT NULL, state INTEGER NOT NULL, objects BLOB NOT NULL
  ) STRICT;
`;

/** Opens a file of labels, or makes an empty one where there is none and it may be made. */
export function openLabelFile(path: string, make: boolean): Database {
  if (!existsSync(path) && !make) {
    throw usageError("labels-missing", `Cannot open labels "${path}": no such file`);
  }
  let db: Database | undefined;
  try {
    db = new Database(path, { create: make, readwrite: true, strict: true });
    // The first write takes the file, and keeps it: two runs must not label into one.
    db.run("PRAGMA locking_mode = EXCLUSIVE");
    db.run("PRAGMA journal_mode = WAL");
    db.run("PRAGMA synchronous = NORMAL");
    checkOurs(db, path, make);
    return db;
  } catch (cause) {
    db?.close();
    throw labelError(path, cause);
  }
}

function checkOurs(db: Database, path: string, make: boolean): void {
  const pragma = (name: string): number => {
    const row = db.query(`PRAGMA ${name}`).get() as Record<string, number>;
    return row[name] ?? 0;
  };
  const isEmpty = db.query("SELECT count(*) AS n FROM sqlite_schema").get() as { n: number };
  if (isEmpty.n === 0 && make) {
    db.transaction(() => {
      db.run(SCHEMA);
      db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
      db.run(`PRAGMA user_version = ${LABELS_VERSION}`);
    })();
    return;
  }
  if (pragma("application_id") !== APPLICATION_ID) {
    throw usageError("labels-malformed", `"${path}" does not hold labels: ${CURE}`);
  }
  const version = pragma("user_version");
  if (version === LABELS_VERSION) return;
  const message = `Labels "${path}" are of version ${version}, this aip reads ${LABELS_VERSION}: delete it and it is made anew`;
  throw usageError("labels-version", message);
}

/** What SQLite says, as one sentence; errors that are sentences already stay. */
export function labelError(path: string, cause: unknown): AipError {
  if (cause instanceof Error && cause.name === "AipError") return cause as AipError;
  const code = (cause as { code?: string }).code ?? "";
  const said = cause instanceof Error ? cause.message : String(cause);
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    const message = `Labels "${path}" are in use by another run: wait until it is done`;
    return usageError("labels-in-use", message, cause);
  }
  if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")) {
    const message = `"${path}" does not hold labels that can be read (${said}): ${CURE}`;
    return usageError("labels-malformed", message, cause);
  }
  if (code === "SQLITE_CANTOPEN" || code === "SQLITE_READONLY") {
    return usageError("labels-unwritable", `Cannot open labels "${path}": ${said}`, cause);
  }
  if (code === "SQLITE_FULL" || code.startsWith("SQLITE_IOERR")) {
    const cure = "free some space and run it again: it goes on where it stopped";
    const message = `Cannot write labels "${path}": ${said}; ${cure}`;
    return runtimeError("labels-disk-full", message, cause);
  }
  return runtimeError("labels-failed", `Labels "${path}" failed: ${said}`, cause);
}
