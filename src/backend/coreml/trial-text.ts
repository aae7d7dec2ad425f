import type { DeviceSpec } from "../backend.ts";
import { unitName } from "./devices.ts";
import type { Trial } from "./trial.ts";
import { keptIn } from "./verdict.ts";

/** A device, and what came of trying the model on it. */
export interface Tried {
  readonly spec: DeviceSpec;
  readonly trial: Trial;
}

const FAULTS = {
  failed: "it failed",
  hung: "it hung",
  crashed: "it crashed",
  wrong: "it answered wrongly",
} as const;

/** What went wrong, in words that complete a sentence; null where all went well. */
export function faultText({ verdict, path }: Trial, modelPath: string): string | null {
  const { outcome, reason } = verdict;
  if (outcome === "ok") return null;
  const kept = path === null ? "" : ` (${keptIn(path)})`;
  return `${FAULTS[outcome]}: ${withoutModel(reason, modelPath)}${kept}`;
}

/** Each fault once, with the units that have it. */
export function refusal(tried: readonly Tried[], modelPath: string): string {
  const byFault = Map.groupBy(tried, ({ trial }) => faultText(trial, modelPath));
  byFault.delete(null);
  const parts = [...byFault].map(([fault, same]) => {
    const units = new Set(same.map(({ spec }) => unitName(spec.kind)));
    return `tried on the ${[...units].join(" and the ")}, ${fault}`;
  });
  return parts.join("; ");
}

/** The model has been named already. */
function withoutModel(reason: string, path: string): string {
  const start = `Cannot open model "${path}": `;
  return reason.startsWith(start) ? reason.slice(start.length) : reason;
}
