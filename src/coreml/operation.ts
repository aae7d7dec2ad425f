/** What of an operation or layer decides where it can run. */
export interface Operation {
  /** As the model names it: `conv`, `max_pool`; `convolution`, `pooling` in a neural network. */
  readonly type: string;
  /** Size of the kernel or window along each axis; empty where it has none. */
  readonly kernel: readonly number[];
  readonly dilations: readonly number[];
}

/** A constant of the model. */
export interface Constant {
  readonly name: string;
  readonly dtype: string;
  /** Bytes it takes; null where its type does not say. */
  readonly sizeBytes: number | null;
  /** Where it lies outside the model file; null where it stands in it. */
  readonly place: { readonly fileName: string; readonly offsetBytes: number } | null;
}

/** Number of each value, the most frequent first, then by name. */
export function tally(
  values: Iterable<readonly [name: string, count: number]>,
): Record<string, number> {
  const counts = new Map<string, number>();
  for (const [name, count] of values) counts.set(name, (counts.get(name) ?? 0) + count);
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return Object.fromEntries(sorted);
}
