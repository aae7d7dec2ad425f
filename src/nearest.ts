/**
 * Finds the known word a mistyped one most likely stands for, for "did you mean" messages.
 *
 * Compares case-insensitively by the optimal string alignment distance (Damerau–Levenshtein with
 * each substring edited at most once; L. Boytsov, "Indexing methods for approximate dictionary
 * searching", 2011, §2): insertions, deletions, substitutions and swaps of neighbours cost 1. A
 * candidate counts when its distance is at most a third of the longer word's length, and at least
 * when it is 1; a prefix of three or more letters counts too.
 *
 * @param word What was given.
 * @param candidates The words that are known, best first: ties go to the earlier one.
 * @returns The nearest candidate, or undefined when none is near.
 *
 * @example
 * ```ts
 * nearest("--modle", ["--model", "--frames"]); // "--model"
 * nearest("zebra", ["cpu", "gpu"]); // undefined
 * ```
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const given = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const distanceMax = Math.max(1, Math.floor(Math.max(given.length, known.length) / 3));
    const isPrefix = given.length >= PREFIX_LENGTH_MIN && known.startsWith(given);
    const distance = Math.min(editDistance(given, known), isPrefix ? 1 : distanceMax + 1);
    if (distance <= distanceMax && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * Says what was probably meant, as the end of a sentence: `; did you mean "cpu"?`, or, when
 * nothing is near, what is known: ` (known: cpu, gpu)`.
 *
 * @example
 * ```ts
 * `Unknown device "cpi"${suggestion("cpi", ["cpu", "gpu"])}`;
 * ```
 */
export function suggestion(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  if (near !== undefined) return `; did you mean "${near}"?`;
  return candidates.length === 0 ? "" : ` (known: ${candidates.join(", ")})`;
}

const PREFIX_LENGTH_MIN = 3;

/** Optimal string alignment distance; three rows of the table suffice. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = a[row - 1] === b[column - 1] ? 0 : 1;
      let distance = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + substitution,
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2];
      if (swapped && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, at(beforePrevious, column - 2) + 1);
      }
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] as number;
}
