import { expect, test } from "bun:test";
import type { Question } from "../../src/cascade/types.ts";
import { Sightings } from "../../src/find/sightings.ts";
import type { Detection, Frame } from "../../src/types.ts";

const QUESTION: Question = { classes: ["person"], confidence: 0.5, region: null };

/** A box in the middle of a picture of 100×100, or elsewhere. */
function box(confidence: number, label = "person", left = 45): Detection {
  return { classId: 0, label, confidence, xyxy: [left, 40, left + 10, 60] };
}

/** Sightings of frames 40 ms apart: the boxes of each, or null where it shows nothing. */
function sightingsOf(frames: readonly (readonly Detection[] | null)[], question = QUESTION) {
  const sightings = new Sightings(question);
  for (const [frame, detections] of frames.entries()) {
    const place = { source: "door", frame, timeMs: 40 * frame, width: 100, height: 100 };
    const said: Frame = { ...place, status: "ok", detections: detections ?? [] };
    sightings.push(said, detections !== null);
  }
  return sightings;
}

test("Sightings.bestIn() is the most certain one of all stretches, the first of equals", () => {
  const stretches = [[box(0.7)], [], null, [box(0.6)], [box(0.9)], [box(0.9)], null, [box(0.95)]];
  const sightings = sightingsOf(stretches);
  expect(sightings.bestIn({ first: 0, last: 5 })).toEqual({
    ...{ frame: 4, timeMs: 160, confidence: 0.9 },
    boxes: [box(0.9)],
  });
  expect(sightings.bestIn({ first: 0, last: 1 })?.frame).toBe(0);
  expect(sightings.bestIn({ first: 7, last: 7 })?.confidence).toBe(0.95);
});

test("Sightings.bestIn() is null where the reference model looked at none of the frames", () => {
  const sightings = sightingsOf([[box(0.7)], null, [], [], null]);
  expect(sightings.bestIn({ first: 2, last: 3 })).toBeNull();
});

test("Sightings hold the boxes that count, and choose by these", () => {
  const question: Question = { ...QUESTION, classes: ["person", "dog"], region: [0.5, 0, 1, 1] };
  const [dog, left, car, faint] = [
    box(0.8, "dog", 60),
    box(0.99, "person", 20),
    box(0.98, "car"),
    box(0.4),
  ];
  const sightings = sightingsOf([[left, car], [box(0.6), dog, left, faint], [box(0.7)]], question);
  expect(sightings.bestIn({ first: 0, last: 2 })).toMatchObject({
    ...{ frame: 1, confidence: 0.8 },
    boxes: [box(0.6), dog],
  });
});
