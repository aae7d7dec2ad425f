import type { FrameInterval } from "../cascade/intervals.ts";
import { isWithin } from "../cascade/labels/presence.ts";
import type { Question } from "../cascade/types.ts";
import type { Detection, Frame } from "../types.ts";

/** A frame in which the reference model saw what is searched. */
export interface Sighting {
  readonly frame: number;
  /** Presentation time in ms. */
  readonly timeMs: number;
  /** What it saw of that, in pixels of the video. */
  readonly boxes: readonly Detection[];
  /** Of the best box, 0–1. */
  readonly confidence: number;
}

/**
 * Keeps the best sighting of each stretch of frames that show the object: as many as a long video has
 * appearances, not as many as it has frames.
 */
export class Sightings {
  readonly #question: Question;
  readonly #best: Sighting[] = [];
  #isOver = true;

  constructor(question: Question) {
    this.#question = question;
  }

  /** Takes the next frame. @param isPresent whether it counts as one that shows the object */
  push(frame: Frame, isPresent: boolean): void {
    if (!isPresent) {
      this.#isOver = true;
      return;
    }
    const sighting = sightingIn(frame, this.#question);
    if (sighting === null) return;
    const last = this.#isOver ? undefined : this.#best.at(-1);
    if (last === undefined) this.#best.push(sighting);
    else if (sighting.confidence > last.confidence) this.#best[this.#best.length - 1] = sighting;
    this.#isOver = false;
  }

  /** The best one of an interval, which begins and ends with stretches; null where it has none. */
  bestIn({ first, last }: FrameInterval): Sighting | null {
    let best: Sighting | null = null;
    for (const sighting of this.#best) {
      if (sighting.frame < first || sighting.frame > last) continue;
      if (best === null || sighting.confidence > best.confidence) best = sighting;
    }
    return best;
  }
}

/** What the reference model saw in a frame; null where it did not look, or saw nothing that counts. */
function sightingIn(frame: Frame, question: Question): Sighting | null {
  const { classes, confidence, region } = question;
  const [x1, y1, x2, y2] = region ?? [0, 0, 1, 1];
  const { width, height } = frame;
  const part = [x1 * width, y1 * height, x2 * width, y2 * height] as const;
  const boxes = frame.detections.filter(
    (box) =>
      box.confidence >= confidence && classes.includes(box.label) && isWithin(box.xyxy, part),
  );
  const [first] = boxes;
  if (first === undefined) return null;
  const best = boxes.reduce((most, box) => Math.max(most, box.confidence), 0);
  return { frame: frame.frame, timeMs: frame.timeMs, boxes, confidence: best };
}
