import type { DeviceInstance } from "./backend.ts";
import { relativeWeights } from "./expected-rate.ts";

/** An instance before its number and its weight are known. */
export interface Draft {
  readonly kind: string;
  readonly description: string;
  readonly expectedMs: number;
  /** Expected frames a second, roughly; compared among the instances only. */
  readonly rate: number;
  /** `weight=` of the device. */
  readonly weight: number | undefined;
  readonly task: DeviceInstance["task"];
}

/** Gives every draft its number among its kind, and its weight. */
export function numberDrafts(drafts: readonly Draft[]): readonly DeviceInstance[] {
  const weights = relativeWeights(drafts);
  const countByKind = new Map<string, number>();
  return drafts.map(({ kind, description, expectedMs, task }, index) => {
    const ordinal = countByKind.get(kind) ?? 0;
    countByKind.set(kind, ordinal + 1);
    const weight = weights[index] as number;
    return { id: `${kind}-${ordinal}`, kind, description, weight, expectedMs, task };
  });
}
