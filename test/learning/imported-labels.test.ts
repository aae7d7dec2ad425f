import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Question } from "../../src/cascade/types.ts";
import { labelsFor } from "../../src/learning/imported-labels.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-labels-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const footage = (frames: number) => {
  const fingerprint = { id: "ab", name: "door", bytes: 1, width: 100, height: 100, fps: 2, frames };
  return { source: "demo", fingerprint, frames };
};

const QUESTION: Question = { classes: ["person"], confidence: 0.5, region: [0, 0.5, 1, 1] };

function write(name: string, lines: readonly object[]): string {
  const path = join(folder, name);
  const common = { source: "a", width: 100, height: 100, status: "ok" };
  const text = lines.map((line) => `${JSON.stringify({ ...common, ...line })}\n`).join("");
  writeFileSync(path, text);
  return path;
}

const box = (label: string, confidence: number, top: number, more: object = {}) => ({
  class_id: 0,
  label,
  confidence,
  xyxy: [10, top, 20, top + 20],
  ...more,
});

test("labelsFor() asks results for class, confidence and the place of the centre", async () => {
  const path = write("results.ndjson", [
    { frame: 0, detections: [box("person", 0.9, 60)] },
    { frame: 1, detections: [box("person", 0.4, 60)] },
    { frame: 2, detections: [box("car", 0.9, 60)] },
    { frame: 3, detections: [box("person", 0.9, 20)] },
    // Its centre lies on the edge.
    { frame: 4, detections: [box("person", 0.5, 40)] },
    { frame: 5, status: "failed", error: "no answer", detections: [] },
  ]);
  expect([...(await labelsFor(path, QUESTION, footage(7)))]).toEqual([1, 0, 0, 0, 1, 2, 2]);
});

test("labelsFor() ignores frames of ground truth where only objects are that do not count", async () => {
  const path = write("truth.ndjson", [
    { frame: 0, detections: [box("person", 1, 60, { ignored: true })] },
    {
      frame: 1,
      detections: [
        box("person", 1, 60, { ignored: true }),
        box("person", 1, 70, { ignored: false }),
      ],
    },
    { frame: 2, detections: [box("person", 1, 10, { ignored: true })] },
  ]);
  expect([...(await labelsFor(path, QUESTION, footage(4)))]).toEqual([2, 1, 0, 2]);
});

test("labelsFor() finds nothing where nobody was seen", async () => {
  const path = write("empty.ndjson", [{ frame: 0, detections: [] }]);
  expect([...(await labelsFor(path, QUESTION, footage(1)))]).toEqual([0]);
});

test.each([
  ["fewer frames", [0], {}, "they say something about 1 of the 4 frames"],
  ["more frames", [0, 1, 2, 3, 9], {}, 'it has a frame 9, and "door" has 4 frames'],
  ["other pictures", [0, 1, 2, 3], { width: 320 }, "its pictures are 320×100, those of"],
])("labelsFor() refuses labels of other footage: %s", async (name, frames, more, message) => {
  const lines = frames.map((frame) => ({ frame, detections: [], ...more }));
  const reading = labelsFor(write(`${name}.ndjson`, lines), QUESTION, footage(4));
  expect(reading).rejects.toThrow(message);
  expect(reading).rejects.toMatchObject({ code: "labels-other-footage", category: "usage" });
});

test("labelsFor() refuses results of a run with a cascade, whose early answers have no boxes", async () => {
  const path = write("cascade.ndjson", [
    { frame: 0, answer: "inferred", present: true, detections: [box("person", 0.9, 60)] },
    { frame: 1, answer: "specialized", present: true, score: 0.99, detections: [] },
  ]);
  const reading = labelsFor(path, QUESTION, footage(2));
  expect(reading).rejects.toThrow(
    "line 2 has no boxes, as a cascade answered it: give results of a run without --cascade",
  );
  expect(reading).rejects.toMatchObject({ code: "labels-malformed", category: "usage" });
});

test("labelsFor() takes ground truth, which says what is present as well", async () => {
  const path = write("present.ndjson", [
    { frame: 0, present: true, ignored: false, detections: [box("person", 1, 60)] },
    { frame: 1, present: false, ignored: false, detections: [] },
  ]);
  expect([...(await labelsFor(path, QUESTION, footage(2)))]).toEqual([1, 0]);
});

test("labelsFor() takes COCO's form as well", async () => {
  const path = join(folder, "coco.json");
  const coco = {
    images: [0, 1].map((id) => ({ id, file_name: `${id}.jpg` })),
    annotations: [{ image_id: 1, category_id: 7, bbox: [10, 60, 10, 20] }],
    categories: [{ id: 7, name: "person" }],
  };
  writeFileSync(path, JSON.stringify(coco));
  expect([...(await labelsFor(path, QUESTION, footage(2)))]).toEqual([0, 1]);
});

/** Frame 0 of 2 shows one object, if there is a class. */
function writeCoco(name: string, classes: readonly string[]): string {
  const path = join(folder, name);
  const images = [0, 1].map((id) => ({ id, file_name: `${id}.jpg` }));
  const box = { image_id: 0, category_id: 0, bbox: [10, 60, 10, 20] };
  const annotations = classes.length === 0 ? [] : [box];
  const categories = classes.map((label, id) => ({ id, name: label }));
  writeFileSync(path, JSON.stringify({ images, annotations, categories }));
  return path;
}

test.each([
  [["pedestrian"], 'only "pedestrian", not "person"'],
  [["Person"], 'only "Person", not "person"'],
  [["a", "b"], 'only "a" and "b", not "person"'],
  [[..."abcdefg"], 'only "a", "b", "c", "d", "e" and 2 more, not "person"'],
  [[], 'no class, not "person"'],
])("labelsFor() refuses annotations that list %p alone", async (classes, message) => {
  const reading = labelsFor(writeCoco("names.json", classes), QUESTION, footage(2));
  await expect(reading).rejects.toThrow(`names.json" name ${message}: give labels that have it`);
  await expect(reading).rejects.toMatchObject({ code: "class-unknown", category: "usage" });
});

test("labelsFor() needs one of several classes", async () => {
  const path = writeCoco("one.json", ["bicycle", "car"]);
  const asking = (...classes: string[]) => labelsFor(path, { ...QUESTION, classes }, footage(2));
  expect([...(await asking("person", "bicycle"))]).toEqual([1, 0]);
  await expect(asking("person", "dog")).rejects.toThrow('not "person" or "dog"');
});

test("labelsFor() refuses results of other classes to learn from, or of the class in other letters", async () => {
  const seen = (label: string) =>
    write(`${label}.ndjson`, [{ frame: 0, detections: [box(label, 1, 60)] }]);
  // Who checks a cascade may have footage that shows none.
  expect([...(await labelsFor(seen("car"), QUESTION, footage(1)))]).toEqual([0]);
  const learning = labelsFor(seen("car"), QUESTION, footage(1), { mustShow: true });
  await expect(learning).rejects.toThrow('name only "car", not "person"');
  await expect(labelsFor(seen("Person"), QUESTION, footage(1))).rejects.toThrow(
    'name only "Person", not "person"',
  );
});

test("labelsFor() says that images are counted from 1 where it found that out", async () => {
  const path = join(folder, "counted.json");
  const images = [1, 2, 3].map((id) => ({ id, file_name: `frame_000${id}.jpg` }));
  const annotations = [{ image_id: 1, category_id: 7, bbox: [10, 60, 10, 20] }];
  writeFileSync(
    path,
    JSON.stringify({ images, annotations, categories: [{ id: 7, name: "person" }] }),
  );
  const told: string[] = [];
  const tell = (text: string) => told.push(text);
  expect([...(await labelsFor(path, QUESTION, footage(3), { tell }))]).toEqual([1, 0, 0]);
  expect(told).toEqual([`images in "${path}" are counted from 1: the last of 3 has that number`]);
  expect([...(await labelsFor(path, QUESTION, footage(5), { tell }))]).toEqual([2, 1, 0, 0, 2]);
  const options = { firstNumber: 1, tell };
  expect([...(await labelsFor(path, QUESTION, footage(5), options))]).toEqual([1, 0, 0, 2, 2]);
  expect(told).toHaveLength(1);
});

test("labelsFor() names a line that is no label, and a file that is not there", async () => {
  const path = join(folder, "broken.ndjson");
  writeFileSync(path, '{"frame":0}\n');
  expect(labelsFor(path, QUESTION, footage(1))).rejects.toThrow(`"${path}": line 1`);
  const absent = join(folder, "absent.ndjson");
  expect(labelsFor(absent, QUESTION, footage(1))).rejects.toThrow(`Cannot read "${absent}"`);
});
