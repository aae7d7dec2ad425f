import { replaceCascade } from "../cascade/file/replace.ts";
import { videoPaths } from "../sink/video-paths.ts";
import type { RunCascade } from "./run-cascade.ts";

/** Writes a source's cascade that was trained anew; returns what is to be said of that. */
export type CascadeWriter = (source: number, cascade: RunCascade) => Promise<string>;

/**
 * Writes to `path` where there is one source. Several cannot share a cascade that was trained on one
 * of them: each has a file beside it, `door-yard.aip`.
 *
 * @param sources their names
 */
export function cascadeWriter(path: string, sources: readonly string[]): CascadeWriter {
  const paths = cascadePaths(path, sources);
  return async (source, { file }) => {
    const own = paths[source] as string;
    if (file === null) return "there is nothing to write";
    const kept = await replaceCascade(own, file);
    return `"${own}" is the new one${kept === null ? "" : `, "${kept}" the one before`}`;
  };
}

function cascadePaths(path: string, sources: readonly string[]): readonly string[] {
  if (sources.length === 1) return [path];
  return videoPaths(`${path.replace(/(\.aip)?\/*$/, "")}.aip`, sources);
}
