/** Parts of the sentences that verdicts are. */
import { formatMs } from "../metrics/number-format.ts";
import type { Agreement } from "./agreement.ts";
import type { Placement } from "./placement.ts";

/** Operators named in a sentence. */
const OPERATOR_COUNT_MAX = 3;

const NAMES: Readonly<Record<string, string>> = {
  cpu: "the CPU",
  gpu: "the GPU",
  ane: "the Neural Engine",
  coreml: "Core ML",
};

/** `latency 2.4 ms against 8.1 on CPU` */
export function timesText(
  latencyMs: number | null,
  referenceMs: number | null | undefined,
): string {
  if (latencyMs === null) return "";
  const own = `latency ${formatMs(latencyMs)} ms`;
  if (!referenceMs) return own;
  return `${own} against ${formatMs(referenceMs)} on CPU`;
}

/** `; on the CPU: Resize ×2, Gather`; empty where all is on one unit. */
export function restText({ operators }: Placement, unit: string): string {
  const others = Map.groupBy(
    operators.filter((one) => one.unit !== unit),
    (one) => one.unit,
  );
  return [...others]
    .map(([other, own]) => {
      const named = own
        .slice(0, OPERATOR_COUNT_MAX)
        .map(({ operator, count }) => (count === 1 ? operator : `${operator} ×${count}`));
      const more = own.length > OPERATOR_COUNT_MAX ? ", …" : "";
      return `; on ${nameOf(other)}: ${named.join(", ")}${more}`;
    })
    .join("");
}

export function nameOf(unit: string): string {
  return NAMES[unit] ?? unit;
}

export function differenceText({ compared, agreed, similarity }: Agreement): string {
  if (compared === 0 && similarity !== null) {
    return `its outputs (similarity ${similarity.toFixed(3)}) are not`;
  }
  return `its answers (${agreed} of ${compared} objects agree) are not`;
}
