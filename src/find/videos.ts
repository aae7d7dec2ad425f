import type { Cascade } from "../cascade/file/cascade.ts";
import { checkCamera } from "../cascade/file/fit.ts";
import { AipError, runtimeError, usageError } from "../errors.ts";
import { shownSize } from "../source/geometry.ts";
import { uniqueNames } from "../source/open.ts";
import { resolveSpec } from "../source/spec.ts";
import { findTool } from "../source/tool.ts";
import { VideoProbes } from "./video-probes.ts";

/** ffprobe processes at a time: they wait for disks more than they work. */
const PROBES_MAX = 8;
/** Videos that an error names besides the first. */
const NAMED_MAX = 5;

/** A video that is searched. */
export interface Video {
  readonly path: string;
  /** Its name without folder and ending; unique among those searched. */
  readonly name: string;
}

/** Why a video cannot be searched. */
interface Fault {
  readonly path: string;
  readonly error: unknown;
}

/**
 * The videos that files and globs stand for, in the order given.
 * @throws {AipError} `source-live` for what is no stored video; as `resolveSpec`
 */
export async function resolveVideos(specs: readonly string[]): Promise<readonly Video[]> {
  const settled = await Promise.allSettled(specs.map(resolveSpec));
  const inputs = settled.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  refuse(
    settled.flatMap((each, index) =>
      each.status === "rejected" ? [{ path: specs[index] as string, error: each.reason }] : [],
    ),
  );
  const paths = inputs.map((input) => {
    if (input.kind === "video") return input.path;
    const message = `Cannot search "${input.spec}": stored videos are searched; "aip run --cascade" follows cameras`;
    throw usageError("source-live", message);
  });
  const names = uniqueNames(inputs.map(({ stem }) => stem));
  return paths.map((path, index) => ({ path, name: names[index] as string }));
}

/**
 * Finds out before hours go into the first video whether all of them can be searched: that each is
 * a video, with pictures of the size that the cascade was trained on. Several are asked at a time.
 *
 * @param signal ends it at once
 * @param probes keeps what was found out
 * @throws {AipError} the first one's in the order given, which names the others that fail, too:
 * `source-unreadable`, `cascade-camera`; `interrupted`
 */
export async function checkVideos(
  paths: readonly string[],
  cascade: Pick<Cascade, "camera">,
  signal: AbortSignal,
  probes: VideoProbes = new VideoProbes(),
): Promise<void> {
  // Told as itself, not as a fault of each video.
  findTool("ffprobe");
  const distinct = [...new Set(paths)];
  const errors = new Map<string, unknown>();
  // One iterator for all: each takes the next one that nobody has.
  const waiting = distinct.values();
  const check = async (): Promise<void> => {
    for (const path of waiting) {
      if (signal.aborted) return;
      try {
        checkCamera(cascade, path, shownSize(await probes.of(path, signal)));
      } catch (error) {
        errors.set(path, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(PROBES_MAX, distinct.length) }, check));
  if (signal.aborted) {
    throw runtimeError("interrupted", "Interrupted before the first video was searched");
  }
  refuse(distinct.flatMap((path) => (errors.has(path) ? [{ path, error: errors.get(path) }] : [])));
}

/** Throws the first fault, in a sentence that names the others; does nothing where there is none. */
function refuse(faults: readonly Fault[]): void {
  const [first, ...others] = faults;
  if (first === undefined) return;
  const { error } = first;
  if (others.length === 0 || !(error instanceof AipError)) throw error;
  const { code, category, cause } = error;
  const message = `${error.message}; ${listOf(others)} cannot be searched either`;
  throw new AipError(message, { code, category, cause });
}

/** @example `"a.mp4", "b.mp4" and "c.mp4"` */
function listOf(faults: readonly Fault[]): string {
  const names = faults.slice(0, NAMED_MAX).map(({ path }) => `"${path}"`);
  const rest = faults.length - names.length;
  const parts = rest === 0 ? names : [...names, rest === 1 ? "1 more" : `${rest} more`];
  return [parts.slice(0, -1).join(", "), ...parts.slice(-1)].filter(Boolean).join(" and ");
}
