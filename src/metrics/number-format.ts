const GROUPS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A count with thousands separators: `1,234,567`. */
export function formatCount(value: number): string {
  return GROUPS.format(value);
}

/** Frames a second, with one decimal below 1,000: `96.2`, `12,345`. */
export function formatRate(value: number): string {
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

/** A duration: `0.4 s`, `62 s`, `3 min 5 s`, `2 h 3 min`. */
export function formatSeconds(value: number): string {
  if (value < 9.95) return `${value.toFixed(1)} s`;
  const seconds = Math.round(value);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
