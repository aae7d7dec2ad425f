/**
 * Area under the ROC curve: how often a picture with the object scores above one without, a tie
 * counting half (the Mann–Whitney U statistic over both counts: J. A. Hanley, B. J. McNeil, "The
 * Meaning and Use of the Area under a ROC Curve", Radiology 143, 1982).
 *
 * @param labels 0 or 1 each
 * @returns 0–1; NaN where one of both kinds is missing, or a score is no number
 *
 * @example
 * ```ts
 * areaUnderCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]); // 0.75
 * ```
 */
export function areaUnderCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  for (let index = 0; index < scores.length; index += 1) {
    if (Number.isNaN(scores[index])) return Number.NaN;
  }
  const order = Uint32Array.from({ length: scores.length }, (_, index) => index).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number),
  );
  let positives = 0;
  let rankSum = 0;
  for (let from = 0; from < order.length; ) {
    const score = scores[order[from] as number];
    let to = from;
    let tied = 0;
    for (; to < order.length && scores[order[to] as number] === score; to += 1) {
      tied += labels[order[to] as number] as number;
    }
    // Equal scores share the mean of their ranks, counted from 1.
    rankSum += (tied * (from + 1 + to)) / 2;
    positives += tied;
    from = to;
  }
  const negatives = scores.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
