import { readImportedLabels } from "../cascade/labels/import.ts";
import type { ImportedLabels } from "../cascade/labels/imported.ts";
import { numberQuestion, presenceOf } from "../cascade/labels/presence.ts";
import { IGNORED, type Question } from "../cascade/types.ts";
import { usageError } from "../errors.ts";
import { isDemo } from "../footage/fingerprint.ts";
import type { Footage } from "./footage.ts";

/** Classes that a message names. */
const NAMES_SHOWN_MAX = 5;
/** Labels that say nothing of more of the frames are of other footage. */
const UNKNOWN_SHARE_MAX = 0.5;

export interface StatedLabelOptions {
  /** Number of the first frame in a COCO file's names, where it is known. */
  readonly firstNumber?: number | undefined;
  /** Refuses results that name other classes alone, which may be all that was seen. */
  readonly mustShow?: boolean;
  /** Told, in one line each, what was found out about the file. */
  readonly tell?: (text: string) => void;
}

/**
 * What a file of labels says about footage: annotations in COCO's form (`.json`), or NDJSON, results
 * of a run or ground truth. Frames it does not name are ignored.
 *
 * @returns 1 present, 0 absent, `IGNORED`, by frame
 * @throws {AipError} `class-unknown`, `labels-other-footage`, or as `readImportedLabels`
 */
export async function labelsFor(
  path: string,
  question: Question,
  { source, fingerprint, frames }: Pick<Footage, "source" | "fingerprint" | "frames">,
  { firstNumber, mustShow = false, tell }: StatedLabelOptions = {},
): Promise<Uint8Array> {
  const video = isDemo(source) ? {} : { video: source };
  const asked = { footage: fingerprint, from: path, firstNumber, ...video };
  const labels = await readImportedLabels(asked);
  if (firstNumber === undefined && labels.firstNumber === 1) {
    tell?.(
      `images in "${path}" are counted from 1: the last of ${fingerprint.frames} has that number`,
    );
  }
  const classes = question.classes.filter((name) => labels.classes.includes(name));
  if (classes.length === 0) checkNames(path, question, labels, mustShow);
  const numbered = numberQuestion({ ...question, classes }, labels.classes, fingerprint);
  const truth = new Uint8Array(frames).fill(IGNORED);
  let known = 0;
  for (const { frame, objects } of labels.frames) {
    if (frame >= frames || objects === null) continue;
    truth[frame] = presenceOf(objects, numbered).truth;
    known += 1;
  }
  if (known >= UNKNOWN_SHARE_MAX * frames) return truth;
  throw usageError(
    "labels-other-footage",
    `The labels in "${path}" are of other footage: they say something about ${known} of the ` +
      `${frames} frames of "${fingerprint.name}"`,
  );
}

/** Results name the classes that were seen, which need not be all there are. */
function checkNames(
  path: string,
  { classes: asked }: Question,
  { classes, isListed }: ImportedLabels,
  mustShow: boolean,
): void {
  const isSpelt = (name: string) => asked.some((one) => one.toLowerCase() === name.toLowerCase());
  const isWrong = isListed || (mustShow && classes.length > 0) || classes.some(isSpelt);
  if (!isWrong) return;
  const more = classes.length - NAMES_SHOWN_MAX;
  const named = [
    ...classes.slice(0, NAMES_SHOWN_MAX).map((name) => `"${name}"`),
    ...(more > 0 ? [`${more} more`] : []),
  ];
  const only = classes.length === 0 ? "no class" : `only ${listOf(named, "and")}`;
  const wanted = listOf(
    asked.map((name) => `"${name}"`),
    "or",
  );
  throw usageError(
    "class-unknown",
    `The labels in "${path}" name ${only}, not ${wanted}: give labels that have it under that name, ` +
      "which is the reference model's",
  );
}

/** `a, b and c`. */
function listOf(names: readonly string[], word: "and" | "or"): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} ${word} ${last}`;
}
