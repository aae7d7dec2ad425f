import { usageError } from "../../errors.ts";
import { suggestion } from "../../nearest.ts";
import type { PictureSize } from "../../types.ts";
import { IGNORED, type Question } from "../types.ts";
import type { LabelledObject } from "./records.ts";

/** What a frame's objects say to a question. */
export interface Presence {
  /** 1 present, 0 absent, `IGNORED` where only objects are there that do not count. */
  readonly truth: number;
  /** Confidence of the best object asked for, below the question's own too; 0 where there is none. */
  readonly score: number;
}

/** A question in numbers, for the objects of one piece of footage. */
export interface NumberedQuestion {
  readonly classIds: ReadonlySet<number>;
  readonly confidence: number;
  /** Left, top, right, bottom in pixels. */
  readonly region: readonly [x1: number, y1: number, x2: number, y2: number];
}

/**
 * Puts a question into numbers.
 *
 * @param names classes of the labels, class 0 first
 * @throws {AipError} `class-unknown`
 */
export function numberQuestion(
  { classes, confidence, region }: Question,
  names: readonly string[],
  { width, height }: PictureSize,
): NumberedQuestion {
  const classIds = classes.map((name) => {
    const id = names.indexOf(name);
    if (id >= 0) return id;
    throw usageError("class-unknown", `There is no class "${name}"${suggestion(name, names)}`);
  });
  const [x1, y1, x2, y2] = region ?? [0, 0, 1, 1];
  return {
    classIds: new Set(classIds),
    confidence,
    region: [x1 * width, y1 * height, x2 * width, y2 * height],
  };
}

/** Answers the question from a frame's objects. An object counts whose centre is in the region. */
export function presenceOf(
  objects: readonly LabelledObject[],
  { classIds, confidence, region }: NumberedQuestion,
): Presence {
  let score = 0;
  let isIgnored = false;
  for (const object of objects) {
    if (!classIds.has(object.classId) || !isWithin(object.xyxy, region)) continue;
    if (object.ignored === true) isIgnored = true;
    else score = Math.max(score, object.confidence);
  }
  if (score > 0 && score >= confidence) return { truth: 1, score };
  return { truth: isIgnored ? IGNORED : 0, score };
}

/** Whether a box has its centre in a region; both in pixels. */
export function isWithin(
  [x1, y1, x2, y2]: LabelledObject["xyxy"],
  [left, top, right, bottom]: NumberedQuestion["region"],
): boolean {
  const x = (x1 + x2) / 2;
  const y = (y1 + y2) / 2;
  return x >= left && x <= right && y >= top && y <= bottom;
}
