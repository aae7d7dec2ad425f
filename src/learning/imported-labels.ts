import { readImportedLabels } from "../cascade/labels/import.ts";
import { numberQuestion, presenceOf } from "../cascade/labels/presence.ts";
import { IGNORED, type Question } from "../cascade/types.ts";
import { usageError } from "../errors.ts";
import { isDemo } from "../footage/fingerprint.ts";
import type { Footage } from "./footage.ts";

/** Labels that say nothing of more of the frames are of other footage. */
const UNKNOWN_SHARE_MAX = 0.5;

/**
 * What a file of labels says about footage: annotations in COCO's form (`.json`), or NDJSON, results
 * of a run or ground truth. Frames it does not name are ignored.
 *
 * @returns 1 present, 0 absent, `IGNORED`, by frame
 * @throws {AipError} `labels-other-footage`, or as `readImportedLabels`
 */
export async function labelsFor(
  path: string,
  question: Question,
  { source, fingerprint, frames }: Pick<Footage, "source" | "fingerprint" | "frames">,
): Promise<Uint8Array> {
  const video = isDemo(source) ? {} : { video: source };
  const labels = await readImportedLabels({ footage: fingerprint, from: path, ...video });
  // Results name the classes that were seen, which need not be all there are.
  const classes = question.classes.filter((name) => labels.classes.includes(name));
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
