import type { Cascade, ErrorRate } from "../cascade/file/cascade.ts";
import { toDocument } from "../cascade/file/document.ts";
import type { DifferenceLevel } from "../cascade/types.ts";
import {
  formatCount,
  formatCountOf,
  formatMs,
  formatRate,
  formatSeconds,
} from "../metrics/number-format.ts";
import { factorLines } from "./cascade-factors.ts";
import { NAME_WIDTH } from "./header.ts";

/** Tunings after which it is told that the bounds have lost some of their worth. */
const TUNINGS_FEW = 3;

/**
 * What people read of a cascade: what it answers and how, how well that was shown to work, and
 * where it comes from.
 *
 * @param name its file, as given
 */
export function formatCascade(name: string, cascade: Cascade): string {
  const { question, camera, reference, provenance, costs, validation } = cascade;
  const { footage, spans, machine } = provenance;
  const held = Math.max(1, validation.frames);
  const { reused, specialized, inferred } = validation.answers;
  const region =
    question.region === null ? "" : `, centre within ${question.region.map(share).join(" ")}`;
  const levels = levelLines(cascade);
  const lasted = footage.fps > 0 ? ` (${formatSeconds(footage.frames / footage.fps)})` : "";
  return [
    row("cascade", `${name}: which frames show ${anyOf(question.classes)}?`),
    row("", `a detection counts from ${question.confidence} on${region}`),
    row("camera", `${camera.width}×${camera.height}, ${formatRate(footage.fps)} fps`),
    row("reference", `${reference.name} (${reference.sha256.slice(0, 12)}) on ${costs.devices}`),
    ...levels.map((line, index) => row(index === 0 ? "levels" : "", `${index + 1}. ${line}`)),
    row(
      "answers",
      `${share(reused / held)} reused   ${share(specialized / held)} specialized   ` +
        `${share(inferred / held)} inferred, of ${formatCountOf(held, "held-out frame")}`,
    ),
    row("errors", `false negatives ${errorText(validation.falseNegatives, cascade.budgets.maxFn)}`),
    row("", `false positives ${errorText(validation.falsePositives, cascade.budgets.maxFp)}`),
    ...worthLines(validation),
    ...(validation.windowAccuracy === null
      ? []
      : [row("", `windows of a second answered right ${share(validation.windowAccuracy)}`)]),
    row("speed", speedText(cascade)),
    row("costs", costsText(cascade)),
    ...factorLines(cascade.factors ?? []),
    row("footage", `${footage.name}: ${formatCountOf(footage.frames, "frame")}${lasted}`),
    row(
      "",
      `trained on ${frames(spans.training)}, stopped by ${frames(spans.validation)}, ` +
        `tuned on ${frames(spans.tuning)}, held out ${frames(spans.heldOut)}`,
    ),
    ...retrainedLines(provenance),
    ...tunedLines(provenance),
    row("labels", provenance.labels),
    row(
      "made",
      `${minute(provenance.trainedAt)} by aip ${provenance.aip} on ` +
        `${machine.cpu}, ${formatCountOf(machine.cores, "core")}; seed ${provenance.seed}`,
    ),
    "",
  ].join("\n");
}

/** The same for programs: `cascade.json`'s keys, without its parts. */
export function cascadeToJson(cascade: Cascade): string {
  const none = { network: null, manifest: null, reference: null, observations: null, front: null };
  const { parts: _, ...document } = toDocument(cascade, none);
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Where a run has trained it anew. */
function retrainedLines({ retrained }: Cascade["provenance"]): string[] {
  if (retrained === undefined) return [];
  const times = retrained.count === 1 ? "" : `, the ${ordinal(retrained.count)} time`;
  return [
    row(
      "retrained",
      `by a run, on its frames ${frames(retrained.frames)}${times}; ` +
        `the one before was of ${minute(retrained.before)}`,
    ),
  ];
}

/** Where `aip cascade tune` has set its thresholds: what was looked at often may please by luck. */
function tunedLines({ tuned }: Cascade["provenance"]): string[] {
  if (tuned === undefined) return [];
  const { at, count } = tuned;
  const times =
    count === 1
      ? `once since its training, ${minute(at)}`
      : `${formatCount(count)} times since its training, last ${minute(at)}`;
  const worth =
    count > TUNINGS_FEW
      ? "; each looked at the held-out frames again: the bounds hold less surely than 95 %"
      : "";
  return [row("tuned", `${times}${worth}`)];
}

/** What answers a frame, in the order the levels are asked. */
function levelLines({ levels, provenance }: Cascade): string[] {
  const { tSkip, difference, network } = levels;
  return [
    ...(tSkip === 1
      ? []
      : [`every ${ordinal(tSkip)} frame is looked at, those between take the last answer`]),
    ...(difference === null ? [] : [differenceText(difference)]),
    ...(network === null
      ? []
      : [
          `a network on ${network.side}×${network.side} pixels (${provenance.architecture}): ` +
            `absent below ${threshold(network.cLow)}, present above ${threshold(network.cHigh)}`,
        ]),
    network?.cLow === network?.cHigh && network !== null
      ? "the reference model is asked for audits alone"
      : "the reference model answers the others",
  ];
}

function differenceText({ mode, blocks, tDiff }: DifferenceLevel): string {
  const measure =
    blocks === null ? "mean squared error" : "weighted squared errors of 10×10 blocks";
  return mode === "earlier"
    ? `${measure} to the last frame answered below ${threshold(tDiff)}: its answer again`
    : `${measure} to the empty picture below ${threshold(tDiff)}: absent`;
}

function errorText({ count, of, bound }: ErrorRate, budget: number): string {
  const rate = of === 0 ? "" : `: ${share(count / of)}`;
  return `${formatCount(count)} of ${formatCount(of)}${rate}, at most ${share(bound)} (95 %); asked for ${share(budget)}`;
}

/** What the bounds rest on: frames of one appearance are worth less than as many of several. */
function worthLines({ falseNegatives, falsePositives }: Cascade["validation"]): string[] {
  const of = ({ of: all, effective, runs }: ErrorRate, stretch: string): string[] =>
    effective === undefined || runs === undefined
      ? []
      : [
          `${formatCountOf(all, "frame")} in ${formatCountOf(runs, stretch)} worth ` +
            `${formatCount(effective)} independent ones`,
        ];
  const lines = [...of(falseNegatives, "appearance"), ...of(falsePositives, "absence")];
  return lines.length === 0 ? [] : [row("", lines.join("; "))];
}

function speedText({ validation }: Cascade): string {
  const { cascadeFps, referenceFps } = validation;
  const factor = referenceFps > 0 ? `, ${formatRate(cascadeFps / referenceFps)} times as many` : "";
  return `${formatRate(cascadeFps)} frames/s by the costs below, reference alone ${formatRate(referenceFps)}${factor}`;
}

function costsText({ costs, levels }: Cascade): string {
  const { decode, skipped, difference, network, reference } = costs;
  // Of what answers frames here; a level that is left out costs nothing.
  const each = {
    decode,
    ...(levels.tSkip > 1 && { skipped }),
    ...(levels.difference !== null && { difference }),
    ...(levels.network !== null && { network }),
    reference,
  };
  const parts = Object.entries(each).map(([name, ms]) => `${name} ${costMs(ms.mean)}`);
  return `${parts.join("   ")} ms a frame, ${costs.contended ? "all at work" : "each alone"}`;
}

/** The cheap levels take microseconds. */
function costMs(value: number): string {
  return value > 0 && value < 0.095 ? String(Number(value.toPrecision(2))) : formatMs(value);
}

/** `2026-11-21 21:00 UTC` */
function minute(time: string): string {
  return `${time.slice(0, 16).replace("T", " ")} UTC`;
}

/** Percent with as many digits as errors of a percent need. */
export function share(ratio: number): string {
  return `${Number((100 * ratio).toPrecision(3))} %`;
}

/** A threshold with as many digits as tell it from its neighbours. */
export function threshold(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function frames({ start, end }: { readonly start: number; readonly end: number }): string {
  return `${formatCount(start)}–${formatCount(end)}`;
}

function anyOf(classes: readonly string[]): string {
  return classes.map((name) => `"${name}"`).join(" or ");
}

function ordinal(value: number): string {
  const tens = value % 100;
  const ending = tens > 10 && tens < 14 ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${ending}`;
}

function row(name: string, text: string): string {
  return `${name.padEnd(NAME_WIDTH)}${text}`;
}
