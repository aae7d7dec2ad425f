/** The file of each source: the path itself for one, `FILE-SOURCE.mp4` for several. */
export function videoPaths(path: string, sources: readonly string[]): string[] {
  if (sources.length <= 1) return sources.map(() => path);
  const dot = path.lastIndexOf(".");
  return sources.map((source) => {
    const name = source.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_");
    return `${path.slice(0, dot)}-${name}${path.slice(dot)}`;
  });
}
