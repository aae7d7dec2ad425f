import { formatMs, formatPercent, formatSeconds } from "./number-format.ts";
import type { DriftReport } from "./report.ts";

/** Times up to this many seconds are told to a tenth. */
const TENTHS_S = 120;

/**
 * A change in one sentence.
 *
 * @example
 * ```ts
 * const times = { from_ms: 20, to_ms: 40.1, share_from: 0.62, share_to: 0.45 };
 * describeDrift({ device: "sim-0", since_s: 12.4, ...times });
 * // sim-0 is 2.0x slower since 12.4 s (20.0 → 40.1 ms);
 * // its share of the capacity fell from 62 % to 45 %
 * ```
 */
export function describeDrift(change: DriftReport): string {
  const { device, since_s, from_ms, to_ms, share_from, share_to } = change;
  const isSlower = to_ms > from_ms;
  const factor = isSlower ? to_ms / from_ms : from_ms / to_ms;
  const since = since_s < TENTHS_S ? `${since_s.toFixed(1)} s` : formatSeconds(since_s);
  const what =
    `${device} is ${factor.toFixed(1)}x ${isSlower ? "slower" : "faster"} ` +
    `since ${since} (${formatMs(from_ms)} → ${formatMs(to_ms)} ms)`;
  if (share_from === 1) return what;
  const shares = `from ${formatPercent(share_from)} to ${formatPercent(share_to)}`;
  return `${what}; its share of the capacity ${isSlower ? "fell" : "rose"} ${shares}`;
}
