/** Orders paths as people count: `frame2` before `frame10`. */
export function naturalOrder(paths: readonly string[]): string[] {
  const collator = new Intl.Collator("en", { numeric: true });
  return [...paths].sort((a, b) => collator.compare(a, b) || (a < b ? -1 : 1));
}
