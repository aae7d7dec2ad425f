import type { ErrorBound } from "../../src/cascade/bounds.ts";
import type { Agreement } from "../../src/learning/evaluate.ts";

/** `3 of 1,200 (0.25 %, at most 0.81 %)`. */
export function rateText({ errors, trials, rate, upper }: ErrorBound): string {
  return `${errors} of ${trials} (${percent(rate)}, at most ${percent(upper)})`;
}

/** Both error rates against something that is right. */
export function agreementText(against: string, agreement: Agreement): string {
  const { falseNegatives, falsePositives, windowed, intervals } = agreement;
  return (
    `against ${against}: false negatives ${rateText(falseNegatives)}, false positives ` +
    `${rateText(falsePositives)}; windows of a second right ${percent(windowed.accuracy)}; ` +
    `appearances: recall ${percent(intervals.recall)}, precision ${percent(intervals.precision)}`
  );
}

export function percent(ratio: number): string {
  return `${Number((100 * ratio).toPrecision(3))} %`;
}
