/**
 * The file of each source: the path itself for one, `FILE-SOURCE.mp4` for several, where what a
 * file name cannot hold becomes `_`, and names that are then the same are numbered.
 */
export function videoPaths(path: string, sources: readonly string[]): string[] {
  if (sources.length <= 1) return sources.map(() => path);
  const dot = path.lastIndexOf(".");
  const taken = new Set<string>();
  return sources.map((source) => {
    const name = source.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_");
    let unique = name;
    for (let number = 2; taken.has(unique); number += 1) unique = `${name}-${number}`;
    taken.add(unique);
    return `${path.slice(0, dot)}-${unique}${path.slice(dot)}`;
  });
}
