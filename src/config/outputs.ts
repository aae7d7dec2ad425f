import { closeSync, existsSync, openSync, realpathSync, statSync, unlinkSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type AipError, usageError } from "../errors.ts";
import { isFileLocked } from "../native/file-lock.ts";
import { outputInUse } from "../sink/line-writer.ts";
import { videoPaths } from "../sink/video-paths.ts";
import type { Source } from "../source/source.ts";
import { type InputConfig, runInputs } from "./inputs.ts";
import { mayAccess } from "./permission.ts";
import type { RunConfig } from "./run-config.ts";

/**
 * Refuses outputs that cannot be written, that would overwrite an input, that share a file, or that
 * another run is writing, before anything is started or truncated. A file is the same by whatever
 * path, and by whatever hard link.
 *
 * @param opened the sources, once they are open: what patterns stand for, and the files of several
 * annotated videos, follow from them
 * @param configFile where the configuration was read from
 * @throws {AipError} `output-invalid`, `output-in-use`
 */
export function checkOutputs(
  config: InputConfig & Pick<RunConfig, "output" | "annotate" | "report" | "trace">,
  opened: readonly Pick<Source, "name" | "spec" | "files">[] = [],
  configFile?: string,
): void {
  const { output, annotate, report, trace } = config;
  if (trace === "-") throw invalid(trace, "a timeline needs a file; name one");
  if (report === "-") throw invalid(report, "a report needs a file; name one");
  if (annotate === "-") throw invalid(annotate, "an annotated video needs a file; name one");
  const targets = (
    [
      ["output", output],
      ...annotatedVideos(annotate, opened).map((path) => ["annotate", path] as const),
      ["report", report],
      ["trace", trace],
    ] as const
  ).flatMap(([flag, path]) => (path === undefined || path === "-" ? [] : [{ flag, path }]));
  // Inputs may be a million pictures, and a model to look into: only where something is written.
  if (targets.length === 0) return;
  const inputs = runInputs(config, opened, configFile);
  const inputOf = new Map(inputs.flatMap((each) => keysOf(each.path).map((key) => [key, each])));
  const folders = inputs.filter(({ isWhole }) => isWhole);
  const outputs = new Map<string, string>();
  for (const { flag, path } of targets) {
    const target = checkWritable(path);
    const keys = keysOf(target);
    const input = keys.map((key) => inputOf.get(key)).find((found) => found !== undefined);
    if (input !== undefined) throw invalid(path, `it is the ${input.name}; name another file`);
    const folder = folders.find((each) => isWithin(target, each.path));
    if (folder !== undefined)
      throw invalid(path, `it lies in the ${folder.name}; name another file`);
    const other = keys.map((key) => outputs.get(key)).find((found) => found !== undefined);
    if (other !== undefined) throw invalid(path, `--${other} writes to it too; name another file`);
    for (const key of keys) outputs.set(key, flag);
    if (flag === "output" && isFileLocked(target)) throw outputInUse(path);
  }
}

/** What tells a file from others: its path, links followed, and where its content lies. */
function keysOf(path: string): readonly string[] {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return [resolveLinks(path)];
  const links = stats.isFile() ? [`${stats.dev}:${stats.ino}`] : [];
  return [resolveLinks(path), ...links];
}

/** The absolute path, links followed as far as it exists. */
function resolveLinks(path: string): string {
  const absolute = resolve(path);
  if (existsSync(absolute)) return realpathSync(absolute);
  const folder = dirname(absolute);
  return existsSync(folder) ? join(realpathSync(folder), basename(absolute)) : absolute;
}

function isWithin(path: string, folder: string): boolean {
  return existsSync(folder) && path.startsWith(`${realpathSync(folder)}/`);
}

function annotatedVideos(
  annotate: string | undefined,
  opened: readonly Pick<Source, "name">[],
): readonly string[] {
  if (annotate === undefined) return [];
  const names = opened.map(({ name }) => name);
  return names.length === 0 ? [annotate] : videoPaths(annotate, names);
}

/** Checks that a file could be created or replaced; returns its absolute path, links followed. */
function checkWritable(path: string): string {
  const absolute = resolve(path);
  const folder = dirname(absolute);
  if (existsSync(absolute)) {
    // The path itself is looked at, not where its links lead: /dev/stdout leads to no name at all.
    if (statSync(absolute).isDirectory()) throw invalid(path, "it is a folder; name a file");
    if (!mayAccess(absolute, "write")) throw invalid(path, "no permission to overwrite it");
    return realpathSync(absolute);
  }
  if (!existsSync(folder)) throw invalid(path, `the folder "${dirname(path)}" does not exist`);
  if (!statSync(folder).isDirectory()) throw invalid(path, `"${dirname(path)}" is no folder`);
  if (!mayAccess(folder, "write"))
    throw invalid(path, `no permission to write to "${dirname(path)}"`);
  if (!takesFiles(folder)) throw invalid(path, `"${dirname(path)}" takes no files`);
  return join(realpathSync(folder), basename(absolute));
}

/** Whether a file can be made in a folder: some, such as /proc, permit it and cannot. */
function takesFiles(folder: string): boolean {
  const path = join(folder, `.aip-${process.pid}-${performance.now()}`);
  try {
    closeSync(openSync(path, "wx"));
  } catch (error) {
    // A disk that is full now may have room later, and says so itself.
    return (error as NodeJS.ErrnoException).code === "ENOSPC";
  }
  unlinkSync(path);
  return true;
}

function invalid(path: string, reason: string): AipError {
  return usageError("output-invalid", `Cannot write "${path}": ${reason}`);
}
