/** How a latency relates to the reference's. */
export type Pace = "quicker" | "alike" | "slower" | "unknown";

/** Latencies closer than this are the same: another unit would hardly be that alike. */
const ALIKE_LOW = 0.8;
const ALIKE_HIGH = 1.25;

/** How a latency relates to the reference's; `unknown` where one of them was not measured. */
export function paceOf(latencyMs: number | null, referenceMs: number | null | undefined): Pace {
  if (latencyMs === null || !referenceMs) return "unknown";
  const ratio = latencyMs / referenceMs;
  if (ratio < ALIKE_LOW) return "quicker";
  return ratio > ALIKE_HIGH ? "slower" : "alike";
}
