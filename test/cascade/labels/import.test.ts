import { afterAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { importLabels, readImportedLabels } from "../../../src/cascade/labels/import.ts";
import { LabelStore } from "../../../src/cascade/labels/store.ts";
import { IGNORED } from "../../../src/cascade/types.ts";
import { AipError } from "../../../src/errors.ts";
import type { Fingerprint } from "../../../src/footage/fingerprint.ts";
import { MediaFolder } from "../../source/media.ts";

const folder = new MediaFolder();
afterAll(() => folder.remove());

const footage: Fingerprint = {
  id: "a".repeat(64),
  name: "street.mp4",
  bytes: 1000,
  width: 640,
  height: 360,
  fps: 15,
  frames: 100,
};
const person = { classes: ["person"], confidence: 0.5, region: null } as const;

let made = 0;
async function importText(text: string, ending: string, more = {}) {
  made += 1;
  const from = folder.file(`${made}.${ending}`);
  const path = folder.file(`${made}.labels`);
  await Bun.write(from, text);
  const count = await importLabels({ path, footage, from, ...more });
  return { count, from, store: LabelStore.open(path, { footage }) };
}

const line = (frame: number, detections: object[], more = {}): string =>
  JSON.stringify({
    ...{ source: "street", frame, time_ms: frame * 66.667, width: 640, height: 360 },
    ...{ status: "ok", detections, ...more },
  });
const human = { class_id: 7, label: "person", confidence: 0.8, xyxy: [10, 10, 30, 60] };

describe("importLabels() of NDJSON", () => {
  test("takes results, dropped and failed frames as ones that do not count", async () => {
    const text = [
      line(0, []),
      line(1, [human]),
      line(2, [], { status: "failed" }),
      line(3, [{ ...human, ignored: true }]),
      line(4, [{ ...human, label: "car" }]),
    ].join("\n");
    const { count, store } = await importText(text, "ndjson");
    expect(count).toBe(5);
    const { truth, scores } = store.span({ start: 0, end: 5 }, person);
    expect([...truth]).toEqual([0, 1, IGNORED, IGNORED, 0]);
    expect(scores[1]).toBeCloseTo(0.8, 6);
    expect(store.classes).toEqual(["person", "car"]);
    store[Symbol.dispose]();
  });

  test.each([
    ["{", "line 1 is not JSON"],
    [`${line(0, [])}\n[]`, 'line 2: its "source" is missing or makes no sense'],
    [line(-1, []), 'line 1: its "frame" is missing or makes no sense'],
    [
      line(0, [{ ...human, confidence: 7 }]),
      'line 1: its "detections.0.confidence" is missing or makes no sense',
    ],
    [
      line(0, [{ ...human, xyxy: [30, 10, 10, 60] }]),
      'line 1: its "detections.0.xyxy" is missing or makes no sense',
    ],
    [`${line(0, [])}\n${line(0, [])}`, "frame 0 is in it twice"],
    ["", "it holds no frames"],
    [
      `${line(0, [])}\n${line(1, [], { source: "yard" })}`,
      'it holds results of "street", "yard": say of which source they are wanted',
    ],
  ])("refuses %p", async (text, reason) => {
    await expect(importText(text, "ndjson")).rejects.toThrow(reason);
  });

  test("takes one source's results of several", async () => {
    const text = `${line(0, [human])}\n${line(0, [], { source: "yard" })}`;
    const { count, store } = await importText(text, "ndjson", { source: "yard" });
    expect([count, ...store.span({ start: 0, end: 1 }, { ...person, classes: [] }).truth]).toEqual([
      1, 0,
    ]);
    store[Symbol.dispose]();
  });

  test("refuses labels of other footage: another size, or frames it has not", async () => {
    await expect(importText(line(0, [], { width: 1280, height: 720 }), "ndjson")).rejects.toThrow(
      'holds labels of other footage: its pictures are 1280×720, those of "street.mp4" are 640×360',
    );
    await expect(importText(line(200, []), "ndjson")).rejects.toThrow(
      'holds labels of other footage: it has a frame 200, and "street.mp4" has 100 frames',
    );
    const lines = [0, 1, 2, 3].map((frame) => line(frame, [], { time_ms: 500 * frame }));
    await expect(importText(lines.join("\n"), "ndjson")).rejects.toThrow(
      'of other footage: its frame 3 is at 1.5 s, and that of "street.mp4" is at 0.2 s',
    );
  });

  test("refuses a file that is not there, and one of no known kind", async () => {
    const path = folder.file("none.labels");
    const from = folder.file("none.ndjson");
    await expect(importLabels({ path, footage, from })).rejects.toThrow(
      `Cannot read "${from}": no such file or directory`,
    );
    await expect(importLabels({ path, footage, from: "labels.xml" })).rejects.toThrow(
      "name an .ndjson file (results) or a .json file (COCO)",
    );
  });
});

const coco = {
  images: [
    { id: 11, file_name: "street_000002.jpg", width: 640, height: 360 },
    { id: 12, file_name: "street_000001.jpg", width: 640, height: 360 },
    { id: 13, file_name: "cam1/0003.png", width: 640, height: 360 },
  ],
  annotations: [
    { id: 1, image_id: 11, category_id: 5, bbox: [10, 20, 30, 40], iscrowd: 0 },
    { id: 2, image_id: 13, category_id: 5, bbox: [10, 20, 30, 40], iscrowd: 1 },
  ],
  categories: [
    { id: 5, name: "person" },
    { id: 9, name: "car" },
  ],
};

describe("importLabels() of COCO", () => {
  test("takes images as frames, boxes as x, y, width, height, crowds as ignored", async () => {
    const { store } = await importText(JSON.stringify(coco), "json", { firstNumber: 1 });
    expect([...store.span({ start: 0, end: 3 }, person).truth]).toEqual([0, 1, IGNORED]);
    // The box's centre is at x = 25, y = 40 of 640×360.
    const near = { ...person, region: [0, 0.1, 0.04, 0.12] } as const;
    expect(store.span({ start: 1, end: 2 }, near).truth[0]).toBe(1);
    const far = { ...person, region: [0, 0.12, 0.04, 1] } as const;
    expect(store.span({ start: 1, end: 2 }, far).truth[0]).toBe(0);
    expect(store.classes).toEqual(["person", "car"]);
    store[Symbol.dispose]();
  });

  test.each([
    ["from 1 to the number of frames: from 1", [1, 2, 99, 100], undefined, [0, 1, 98, 99]],
    ["from 1 to fewer: from 0, as is said", [1, 2, 99], undefined, [1, 2, 99]],
    ["from 0: from 0", [0, 1, 99], undefined, [0, 1, 99]],
    ["from 1 to fewer, and said to be: from 1", [1, 2, 99], 1, [0, 1, 98]],
    // By a second, what is told of a length may be wrong.
    ["up to the number of frames, and said to be from 0", [1, 100], 0, [1, 100]],
  ])("counts images %s", async (_, numbers, firstNumber, frames) => {
    const images = numbers.map((number, id) => ({
      id,
      file_name: `frame_${String(number).padStart(6, "0")}.jpg`,
    }));
    const from = folder.file("counted.json");
    await Bun.write(from, JSON.stringify({ ...coco, images, annotations: [] }));
    const labels = await readImportedLabels({ footage, from, firstNumber });
    expect(labels.frames.map(({ frame }) => frame)).toEqual(frames);
  });

  test("counts no image by its name that says its frame", async () => {
    const images = [1, 100].map((id) => ({ id, file_name: `${id}.jpg`, frame_id: id - 1 }));
    const { store, count } = await importText(
      JSON.stringify({ ...coco, images, annotations: [] }),
      "json",
    );
    expect([count, store.nextFrame]).toEqual([2, 100]);
    store[Symbol.dispose]();
  });

  test("refuses a number below the one that is said to be first", async () => {
    await expect(importText(JSON.stringify(coco), "json", { firstNumber: 2 })).rejects.toThrow(
      '"street_000001.jpg" is number 1, and the first frame is said to be 2',
    );
  });

  const refused: [string | object, string][] = [
    ["{", "it is not JSON"],
    ["[]", 'its "images" is missing or makes no sense'],
    [
      { ...coco, annotations: [{ image_id: 99, category_id: 5, bbox: [0, 0, 1, 1] }] },
      "there is no image 99",
    ],
    [
      { ...coco, annotations: [{ image_id: 11, category_id: 6, bbox: [0, 0, 1, 1] }] },
      "there is no category 6",
    ],
    [
      { ...coco, annotations: [{ image_id: 11, category_id: 5, bbox: [0, 0, -1, 1] }] },
      'its "annotations.0.bbox.2"',
    ],
    [
      { ...coco, images: [{ id: 1, file_name: "street.jpg" }], annotations: [] },
      '"street.jpg" tells no frame',
    ],
    [{ ...coco, images: [coco.images[0], coco.images[0]] }, "image 11 is listed twice"],
  ];
  test.each(refused.map(([json, reason]) => [reason, json] as const))(
    "is refused: %s",
    async (reason, json) => {
      const text = typeof json === "string" ? json : JSON.stringify(json);
      await expect(importText(text, "json")).rejects.toThrow(reason);
    },
  );

  test("answers any JSON and any text with labels or one sentence", async () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((images) => JSON.stringify({ ...coco, images })),
      fc.jsonValue().map((annotations) => JSON.stringify({ ...coco, annotations })),
      fc.array(fc.anything(), { maxLength: 3 }).map((bbox) => {
        const annotation = { image_id: 11, category_id: 5, bbox };
        return safeJson({ ...coco, annotations: [annotation] });
      }),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (text) => {
        try {
          (await importText(text, "json")).store[Symbol.dispose]();
        } catch (error) {
          expect(error).toBeInstanceOf(AipError);
          expect((error as Error).message).not.toContain("\n    at ");
        }
      }),
      { numRuns: 200 },
    );
  });
});

function safeJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "null";
  }
}
