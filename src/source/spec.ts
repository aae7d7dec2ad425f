import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, parse, resolve } from "node:path";
import { type AipError, usageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { redact } from "./diagnosis.ts";
import { PICTURE_EXTENSIONS } from "./image.ts";
import { naturalOrder } from "./natural-order.ts";
import { STREAM_PROTOCOLS } from "./stream.ts";

/** One source an argument stands for. `stem` is the base of its name. */
export type SourceInput =
  | { readonly kind: "demo" | "stream" | "webcam"; readonly spec: string; readonly stem: string }
  | { readonly kind: "video"; readonly path: string; readonly stem: string }
  | {
      readonly kind: "pictures";
      readonly spec: string;
      readonly paths: readonly string[];
      readonly stem: string;
    };

/** Files a glob or folder may match. */
const FILE_COUNT_MAX = 1_000_000;
const GLOB_LETTERS = /[*?[{]/;
/** A source is probed before it is decoded. */
const READ_ONCE = "it is a pipe, which can be read only once: write it to a file first";
/** Files a glob is not meant to catch: notes and results that lie beside the videos. */
const OTHER_EXTENSIONS: readonly string[] = [".csv", ".json", ".md", ".ndjson", ".txt", ".yaml"];

/**
 * Finds out what an argument stands for, by its form and by what lies on disk.
 *
 * @throws {AipError} `source-not-found`, `source-empty` or `source-unknown`
 */
export async function resolveSpec(spec: string): Promise<readonly SourceInput[]> {
  if (spec === "demo" || spec.startsWith("demo:")) return [{ kind: "demo", spec, stem: "demo" }];
  if (spec.startsWith("webcam:") || spec === "webcam") {
    return [{ kind: "webcam", spec, stem: spec.replace(":", "-") }];
  }
  const protocol = /^([a-z][a-z0-9+.-]*:)\/\//i.exec(spec)?.[1]?.toLowerCase();
  if (protocol !== undefined) return [resolveUrl(spec, protocol)];
  if (spec === "-") throw unusable(spec, READ_ONCE);
  const found = await statOrNull(spec);
  if (found?.isDirectory() === true) return [await resolveFolder(spec)];
  if (found?.isFile() === true) return [resolveFile(spec)];
  if (found?.isFIFO() === true) throw unusable(spec, READ_ONCE);
  if (found !== null) throw unusable(spec, "it is neither a file nor a folder");
  if (GLOB_LETTERS.test(spec)) return await resolveGlob(spec);
  throw await notFound(spec);
}

function unusable(spec: string, reason: string): AipError {
  return usageError("source-unknown", `Cannot open source "${spec}": ${reason}`);
}

function resolveUrl(spec: string, protocol: string): SourceInput {
  const shown = redact(spec);
  if (!STREAM_PROTOCOLS.includes(protocol)) {
    const known = STREAM_PROTOCOLS.map((one) => `${one}//`).join(" ");
    const reason = `unknown protocol "${protocol}//" (known: ${known})`;
    throw usageError("source-unknown", `Cannot open source "${shown}": ${reason}`);
  }
  const url = URL.parse(spec);
  if (url === null || url.hostname === "") {
    throw usageError("source-unknown", `Cannot open source "${shown}": it is no valid URL`);
  }
  // Cameras tell themselves apart by host, files by path.
  const file = protocol.startsWith("http") ? parse(decodePath(url.pathname)).name : "";
  return { kind: "stream", spec, stem: file === "" ? url.hostname : file };
}

function resolveFile(path: string): SourceInput {
  const stem = parse(path).name;
  if (isPicture(path)) return { kind: "pictures", spec: path, paths: [path], stem };
  return { kind: "video", path, stem };
}

async function resolveFolder(folder: string): Promise<SourceInput> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith("."));
  const pictures = names.filter(isPicture);
  if (pictures.length === 0) {
    const example = names.find((name) => [".mp4", ".mkv", ".mov", ".avi"].includes(extname(name)));
    const hint =
      example === undefined
        ? ` (known: ${PICTURE_EXTENSIONS.join(" ")})`
        : `; for its videos write "${join(folder, `*${extname(example)}`)}"`;
    throw usageError("source-empty", `Cannot open source "${folder}": no pictures in it${hint}`);
  }
  const paths = naturalOrder(pictures).map((name) => join(folder, name));
  return { kind: "pictures", spec: folder, paths, stem: basename(resolve(folder)) };
}

/** Pictures that match become one source, every other file one of its own. */
async function resolveGlob(spec: string): Promise<readonly SourceInput[]> {
  const parts = spec.split("/");
  const firstGlob = parts.findIndex((part) => GLOB_LETTERS.test(part));
  const folder = parts.slice(0, firstGlob).join("/") || (spec.startsWith("/") ? "/" : ".");
  const glob = new Bun.Glob(parts.slice(firstGlob).join("/"));
  const matches: string[] = [];
  if ((await statOrNull(folder))?.isDirectory() === true) {
    for await (const match of glob.scan({ cwd: folder, onlyFiles: true })) {
      if (matches.length === FILE_COUNT_MAX) {
        const reason = `it matches more than ${FILE_COUNT_MAX} files`;
        throw usageError("source-several", `Cannot open source "${spec}": ${reason}`);
      }
      matches.push(folder === "." ? match : join(folder, match));
    }
  }
  const pictures = naturalOrder(matches.filter(isPicture));
  const videos = naturalOrder(matches.filter(isOther));
  const inputs: SourceInput[] = videos.map(resolveFile);
  if (pictures.length > 0) {
    const stem = basename(resolve(folder));
    inputs.unshift({ kind: "pictures", spec, paths: pictures, stem });
  }
  if (inputs.length > 0) return inputs;
  throw usageError("source-not-found", `Cannot open source "${spec}": no video or picture matches`);
}

function isPicture(path: string): boolean {
  return PICTURE_EXTENSIONS.includes(extname(path).toLowerCase());
}

function isOther(path: string): boolean {
  return !isPicture(path) && !OTHER_EXTENSIONS.includes(extname(path).toLowerCase());
}

async function notFound(spec: string): Promise<AipError> {
  const folder = dirname(spec);
  if ((await statOrNull(folder))?.isDirectory() !== true) {
    const reason = `there is no folder "${folder}"`;
    return usageError("source-not-found", `Cannot open source "${spec}": ${reason}`);
  }
  const siblings = await readdir(folder);
  const known = folder === "." ? ["demo", ...siblings] : siblings;
  const near = nearest(basename(spec), known);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  return usageError("source-not-found", `Cannot open source "${spec}": no such file${hint}`);
}

/** Null where nothing of that name exists; everything else, such as a lack of rights, is an error. */
async function statOrNull(path: string): Promise<Awaited<ReturnType<typeof stat>> | null> {
  try {
    return await stat(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    const reason = code === "EACCES" ? "no right to read it" : String(code);
    throw usageError("source-unreadable", `Cannot open source "${path}": ${reason}`, cause);
  }
}

/** A URL's path for people; a stray `%` stays as it is. */
function decodePath(path: string): string {
  return path.replace(/(%[0-9a-f]{2})+/gi, (code) => {
    const bytes = Buffer.from(code.replaceAll("%", ""), "hex");
    return bytes.toString("utf8");
  });
}
