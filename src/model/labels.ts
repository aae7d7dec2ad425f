import { usageError } from "../errors.ts";
import { CLASS_FILTER_WORDS } from "../layout/layout.gen.ts";
import { nearest } from "../nearest.ts";
import { COCO_NAMES } from "./coco.ts";
import type { HeadSpec } from "./head.ts";
import { quoted } from "./text.ts";

/** Class names and where they are from. */
export interface Labels {
  /** Class 0 first; empty where nobody names them. */
  readonly labels: readonly string[];
  readonly labelsFrom: "manifest" | "model" | "metadata" | "coco" | "none";
}

/** Classes a filter can tell apart: one bit each in a session's configuration. */
export const CLASS_COUNT_MAX: number = CLASS_FILTER_WORDS * 32;

/**
 * Class names: the manifest's, else those the model answers with, else the metadata's, else COCO's
 * where a detector has 80 classes and names none.
 */
export function resolveLabels(
  head: HeadSpec,
  named: {
    readonly manifest: readonly string[] | undefined;
    readonly model?: readonly string[] | undefined;
    readonly metadata: readonly string[] | null;
  },
): Labels {
  if (head.type === "raw") return { labels: [], labelsFrom: "none" };
  if (named.manifest !== undefined) return { labels: named.manifest, labelsFrom: "manifest" };
  if (named.model !== undefined && named.model.length > 0) {
    return { labels: named.model, labelsFrom: "model" };
  }
  if (named.metadata !== null) return { labels: named.metadata, labelsFrom: "metadata" };
  if (head.type !== "classification" && head.classCount === COCO_NAMES.length) {
    return { labels: COCO_NAMES, labelsFrom: "coco" };
  }
  return { labels: [], labelsFrom: "none" };
}

/**
 * Turns wanted classes, given by name or number, into class numbers in ascending order.
 *
 * A name counts before a number (a class may be called "7"), case matters only where it decides.
 *
 * @throws {AipError} `class-unknown`, with the nearest name
 *
 * @example
 * ```ts
 * classFilter(["car", "0"], ["person", "bicycle", "car"], 3); // [0, 2]
 * ```
 */
export function classFilter(
  wanted: readonly string[],
  labels: readonly string[],
  classCount: number,
): readonly number[] {
  const lower = labels.map((label) => label.toLowerCase());
  const ids = new Set<number>();
  for (const text of wanted.map((each) => each.trim())) {
    const named = sameNames(text, labels, lower);
    if (named.length === 0) named.push(classNumber(text, labels, classCount));
    for (const id of named) {
      if (id >= CLASS_COUNT_MAX) {
        const what = `Class ${quoted(text)} has number ${id}`;
        throw usageError(
          "class-unknown",
          `${what}; classes up to ${CLASS_COUNT_MAX - 1} can be picked`,
        );
      }
      ids.add(id);
    }
  }
  return [...ids].sort((a, b) => a - b);
}

/** All numbers of a name: nothing keeps a model from using one twice. */
function sameNames(text: string, labels: readonly string[], lower: readonly string[]): number[] {
  const exact = indicesOf(labels, text);
  return exact.length > 0 ? exact : indicesOf(lower, text.toLowerCase());
}

function indicesOf(values: readonly string[], wanted: string): number[] {
  return values.flatMap((value, index) => (value === wanted ? [index] : []));
}

function classNumber(text: string, labels: readonly string[], classCount: number): number {
  const count = classCount > 0 ? classCount : CLASS_COUNT_MAX;
  if (/^\d+$/.test(text) && Number(text) < count) return Number(text);
  if (/^\d+$/.test(text) || labels.length === 0) {
    const names = labels.length === 0 ? ", which are not named" : "";
    const known = `the model's classes are 0 to ${count - 1}${names}`;
    throw usageError("class-unknown", `Unknown class ${quoted(text)}: ${known}`);
  }
  throw usageError("class-unknown", `Unknown class ${quoted(text)}${hint(text, labels)}`);
}

/** Names shown at most; a model may have thousands. */
const SHOWN_COUNT_MAX = 12;

function hint(text: string, labels: readonly string[]): string {
  const near = nearest(text, labels);
  if (near !== undefined) return `; did you mean ${quoted(near)}?`;
  // A name may have commas.
  const shown = labels.slice(0, SHOWN_COUNT_MAX).map(quoted).join(", ");
  const more = labels.length > SHOWN_COUNT_MAX ? `, … ${labels.length} in all` : "";
  return ` (known: ${shown}${more})`;
}
