import { formatMs, formatPercent } from "../metrics/number-format.ts";
import type { Agreement } from "./agreement.ts";
import { computedBy, type Effort, effortText } from "./effort.ts";
import { type Pace, paceOf } from "./pace.ts";
import { type Placement, shareOn } from "./placement.ts";
import { differenceText, nameOf, restText, timesText } from "./verdict-text.ts";

/** What was found out about one device. */
export interface UnitFindings extends Effort {
  /** As the user named it: `cpu`, `ane`, `sim:20ms`. */
  readonly device: string;
  readonly kind: string;
  /** A GPU known to be computed by the CPU. */
  readonly software: boolean;
  /** Why it could not be examined or measured; null where it was. */
  readonly failure: string | null;
  readonly placement: Placement | null;
  /** Median time of a frame on one instance alone, in ms; null where it was not measured. */
  readonly latencyMs: number | null;
  /** Its answers beside the reference's; null where it is the reference, or answers nothing. */
  readonly agreement: Agreement | null;
}

/** The device the others are compared with: the CPU. */
export interface Reference extends Effort {
  readonly device: string;
  readonly latencyMs: number | null;
}

export interface Verdict {
  /** `failed`: it is not what it says. `note`: it is, and something is to be said of it. */
  readonly status: "ok" | "note" | "failed";
  /** One sentence, without a full stop. */
  readonly text: string;
}

/** A unit with less of the work was not used. */
const SHARE_NONE = 0.1;
/** A unit with less of it leaves most to others. */
const SHARE_MOST = 0.5;
/** An accelerator that keeps more cores busy than this computes on them. */
const BUSY_CORES_MAX = 1.5;
/** Said where neither latency nor processor time is evidence. */
const UNTOLD = "; whether the CPU computes it cannot be told by its processor time";

/**
 * What is to be said of a device, by everything that was found out about it. It failed where it
 * does not work, answers otherwise than the reference, or ran elsewhere: its placement and its
 * latency say so, or the processor time that its frames took. Placement alone is an anticipation,
 * latency alone a coincidence.
 */
export function verdictOf(unit: UnitFindings, reference: Reference | null): Verdict {
  const { failure, agreement } = unit;
  if (failure !== null) return { status: "failed", text: `does not work: ${failure}` };
  if (agreement?.agrees === false) {
    const against = reference?.device ?? "the reference";
    return { status: "failed", text: `${differenceText(agreement)} those of ${against}` };
  }
  const verdict = workVerdict(unit, reference);
  if (agreement === null || agreement.agrees) return verdict;
  const text = `${verdict.text}; its answers could not be compared, as neither saw anything`;
  return { status: "note", text };
}

function workVerdict(unit: UnitFindings, reference: Reference | null): Verdict {
  switch (unit.kind) {
    case "sim":
      return simulatedVerdict(unit);
    case "cpu":
      return cpuVerdict(unit);
    default:
      return unit.software ? softwareVerdict(unit, reference) : acceleratorVerdict(unit, reference);
  }
}

function simulatedVerdict({ agreement, latencyMs }: UnitFindings): Verdict {
  const time = latencyMs === null ? "" : `, ${formatMs(latencyMs)} ms a frame`;
  const answers = agreement === null ? "answers nothing" : "gives the reference's answers";
  return { status: "note", text: `simulated${time}: ${answers}` };
}

function softwareVerdict(unit: UnitFindings, reference: Reference | null): Verdict {
  const times = timesText(unit.latencyMs, reference?.latencyMs);
  const text = `software: the CPU computes it${times === "" ? "" : `, ${times}`}`;
  return { status: "note", text: `${text}; good for tests, of no help to a run` };
}

function cpuVerdict({ placement, latencyMs }: UnitFindings): Verdict {
  const time = latencyMs === null ? "" : `: latency ${formatMs(latencyMs)} ms`;
  if (placement === null) return { status: "ok", text: `runs on the CPU${time}` };
  const share = shareOn(placement, "cpu");
  const text = `${formatPercent(share)} of the work runs on the CPU${time}`;
  if (share >= SHARE_MOST) return { status: "ok", text };
  return { status: "note", text: `only ${text}${restText(placement, "cpu")}` };
}

function acceleratorVerdict(unit: UnitFindings, reference: Reference | null): Verdict {
  const { kind, placement } = unit;
  const pace = paceOf(unit.latencyMs, reference?.latencyMs);
  const times = timesText(unit.latencyMs, reference?.latencyMs);
  const isCoreMl = kind === "ane" || placement?.source === "compute-plan" || isGivenToCoreMl(unit);
  const share = placement === null ? 1 : shareOn(placement, placedAs(unit, placement));
  const computed = computedBy(unit, reference, share, placement?.source === "compute-plan");
  const isOnProcessor = isCoreMl && computed === "processor";
  const isUnplaced = placement !== null && share < SHARE_NONE;
  if (isOnProcessor && !isUnplaced) return processorVerdict(unit, reference);
  const isUntold = isCoreMl && computed !== "elsewhere";
  if (placement === null) return verdictByPace(nameOf(kind), pace, times, isUntold);
  const seenAs = placedAs(unit, placement);
  const work = `${formatPercent(share)} of the work`;
  if (isUnplaced) return unusedVerdict(unit, { work, pace, times, seenAs, isOnProcessor });
  // Core ML's placement is what it means to do: only evidence makes it what it did.
  const runs = `${work} ${isUntold ? "is placed" : "runs"} on ${nameOf(seenAs)}`;
  const rest = restText(placement, seenAs);
  if (keepsCoresBusy(unit) && pace !== "quicker") {
    const cores = `it keeps ${unit.busyCores?.toFixed(1)} cores busy`;
    const text = `${runs}, but ${cores} and is no quicker than the CPU: it looks like software`;
    return { status: "note", text: `${text} (${times})` };
  }
  const untold = isUntold ? UNTOLD : "";
  switch (pace) {
    case "alike": {
      const text = `${runs}, but ${times} is what the CPU takes`;
      const isIdle = isCoreMl && !isUntold;
      const evidence = isIdle ? `, which it leaves idle (${effortText(unit, reference)})` : UNTOLD;
      return { status: "note", text: `${text}${evidence}${rest}` };
    }
    case "slower":
      return { status: "note", text: `${runs}, slower than the CPU: ${times}${rest}${untold}` };
    case "quicker":
    case "unknown": {
      // A processor may be the quicker one, too, with all its cores or as Core ML uses it.
      if (isUntold) {
        const clock = pace === "quicker" ? `, ${times}` : "";
        return { status: "note", text: `${runs}${clock}${UNTOLD}${rest}` };
      }
      const text = `${runs}${pace === "quicker" ? `: ${times} agrees` : ""}${rest}`;
      if (share >= SHARE_MOST) return { status: "ok", text };
      return { status: "note", text: `only ${text}` };
    }
  }
}

/** The processor did it: that is measured, whatever was planned. */
function processorVerdict(unit: UnitFindings, reference: Reference | null): Verdict {
  const { kind, placement } = unit;
  const planned = placement === null ? "" : `, though ${plannedText(unit, placement)}`;
  const text = `asked for ${nameOf(kind)}, but it ran on the CPU: ${effortText(unit, reference)}`;
  return { status: "failed", text: `${text}${planned}` };
}

function plannedText(unit: UnitFindings, placement: Placement): string {
  const seenAs = placedAs(unit, placement);
  return `${formatPercent(shareOn(placement, seenAs))} of the work is placed on ${nameOf(seenAs)}`;
}

interface Evidence {
  readonly work: string;
  readonly pace: Pace;
  readonly times: string;
  readonly seenAs: string;
  readonly isOnProcessor: boolean;
}

/** Hardly anything is placed on it: latency and processor time decide. */
function unusedVerdict(unit: UnitFindings, found: Evidence): Verdict {
  const { work, pace, times, seenAs, isOnProcessor } = found;
  const name = nameOf(unit.kind);
  const placed = `${work} is placed on ${nameOf(seenAs)}`;
  if (pace === "quicker" && !isOnProcessor) {
    return { status: "note", text: `${placed}, yet ${times} says that ${name} is used` };
  }
  const main = nameOf(unit.placement?.shares[0]?.unit ?? "cpu");
  const evidence = times === "" ? placed : `${placed}, ${times}`;
  return { status: "failed", text: `asked for ${name}, but it ran on ${main}: ${evidence}` };
}

/** Without a placement only latency and processor time tell. */
function verdictByPace(name: string, pace: Pace, times: string, isUntold: boolean): Verdict {
  switch (pace) {
    case "quicker":
      if (isUntold) return { status: "note", text: `${times}${UNTOLD}` };
      return { status: "ok", text: `${times}: another unit than the CPU, as asked` };
    case "alike":
      return { status: "note", text: `${times} is what the CPU takes: ${name} may not be used` };
    case "slower":
      return { status: "note", text: `${times}: slower than the CPU` };
    case "unknown":
      return { status: "note", text: "where it runs could not be found out" };
  }
}

/** What ONNX Runtime gives to Core ML may run on any unit that was allowed. */
function isGivenToCoreMl({ placement }: UnitFindings): boolean {
  return placement?.source === "profile" && shareOn(placement, "coreml") > 0;
}

/** The name under which a profile or plan lists the work of a device. */
function placedAs(unit: UnitFindings, { source, shares }: Placement): string {
  const isCoreMl = source === "profile" && shares.some((share) => share.unit === "coreml");
  return isCoreMl ? "coreml" : unit.kind;
}

function keepsCoresBusy({ kind, busyCores }: UnitFindings): boolean {
  return kind === "gpu" && busyCores !== null && busyCores > BUSY_CORES_MAX;
}
