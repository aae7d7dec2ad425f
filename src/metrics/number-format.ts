const GROUPS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
/** Keeps 0.57 · 1000, which is 569.999…, from losing a thousandth. */
const CUT_TOLERANCE = 1e-6;

/** A count with thousands separators: `1,234,567`. */
export function formatCount(value: number): string {
  return GROUPS.format(value);
}

/** A count and what is counted: `1 frame`, `1,234 frames`. */
export function formatCountOf(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Frames a second, with one decimal below 1,000: `0.0001`, `96.2`, `12,345`. */
export function formatRate(value: number): string {
  if (value > 0 && value < 0.095) return String(Number(value.toPrecision(2)));
  return value < 999.95 ? value.toFixed(1) : formatCount(value);
}

/** Milliseconds without the unit: `0.04`, `0.4`, `20.9`, `1,234`. */
export function formatMs(value: number): string {
  if (value > 0 && value < 0.095) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : formatCount(value);
}

/** A share as a whole percentage: `44 %`; what is little but not nothing is `<1 %`. */
export function formatPercent(ratio: number): string {
  return ratio > 0 && ratio < 0.005 ? "<1 %" : `${Math.round(ratio * 100)} %`;
}

/**
 * Parts of a total as whole percentages that add up as the parts do: each is rounded down, and what
 * is missing goes to the largest remainders. What is little but not nothing is `<1 %`.
 */
export function formatShares(parts: readonly number[], total: number): string[] {
  const exact = parts.map((part) => (total === 0 ? 0 : (part / total) * 100));
  const shares = exact.map(Math.floor);
  const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
  const remainder = (index: number): number => (exact[index] ?? 0) % 1;
  const order = [...shares.keys()].sort((a, b) => remainder(b) - remainder(a));
  for (const index of order.slice(0, Math.round(sum(exact)) - sum(shares))) {
    shares[index] = (shares[index] ?? 0) + 1;
  }
  return shares.map((share, index) =>
    share === 0 && (parts[index] ?? 0) > 0 ? "<1 %" : `${share} %`,
  );
}

/** A score from 0 to 1 with three decimals, cut and not rounded: what is shown was reached. */
export function formatScore(value: number): string {
  return (Math.floor(value * 1000 + CUT_TOLERANCE) / 1000).toFixed(3);
}

/** A duration: `0.4 s`, `62 s`, `3 min 5 s`, `2 h 3 min`. */
export function formatSeconds(value: number): string {
  if (value < 9.95) return `${value.toFixed(1)} s`;
  const seconds = Math.round(value);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
