import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { type LabelledFrame, LabelStore } from "../../../src/cascade/labels/store.ts";
import { IGNORED, type Question } from "../../../src/cascade/types.ts";
import type { Fingerprint } from "../../../src/footage/fingerprint.ts";
import { MediaFolder } from "../../source/media.ts";

const folder = new MediaFolder();
afterAll(() => folder.remove());

const footage: Fingerprint = {
  id: "a".repeat(64),
  name: "street.mp4",
  bytes: 1000,
  width: 200,
  height: 100,
  fps: 15,
  frames: 500,
};
const origin = { name: "demo", sha256: "b".repeat(64), confidence: 0.1 };
const classes = ["vehicle", "person"];
const person: Question = { classes: ["person"], confidence: 0.5, region: null };

const box = (classId: number, confidence: number, x: number, ignored = false) =>
  ({ classId, confidence, xyxy: [x, 40, x + 10, 60], ...(ignored && { ignored }) }) as const;
const frame = (number: number, objects: LabelledFrame["objects"]): LabelledFrame => ({
  frame: number,
  timeMs: (number * 1000) / 15,
  objects,
});

let made = 0;
function fill(frames: readonly LabelledFrame[]): string {
  made += 1;
  const path = folder.file(`${made}.labels`);
  using store = LabelStore.open(path, { footage, origin, classes });
  store.append(frames);
  return path;
}

describe("LabelStore.span()", () => {
  test("says present where a detection of the class is confident enough", () => {
    const path = fill([
      frame(0, []),
      frame(1, [box(1, 0.75, 10)]),
      frame(2, [box(1, 0.25, 10)]),
      frame(3, [box(0, 0.9, 10)]),
    ]);
    using store = LabelStore.open(path, { footage });
    const { truth, scores } = store.span({ start: 0, end: 4 }, person);
    expect([...truth]).toEqual([0, 1, 0, 0]);
    expect([...scores]).toEqual([0, 0.75, 0.25, 0]);
    const either = { ...person, classes: ["person", "vehicle"] };
    expect([...store.span({ start: 1, end: 4 }, either).truth]).toEqual([1, 0, 1]);
  });

  test("counts objects whose centre is in the region", () => {
    // Centres at x = 15 and 105 of 200.
    const path = fill([frame(0, [box(1, 0.9, 10)]), frame(1, [box(1, 0.9, 100)])]);
    using store = LabelStore.open(path, { footage });
    const at = (region: Question["region"]) => [
      ...store.span({ start: 0, end: 2 }, { ...person, region }).truth,
    ];
    expect(at([0.5, 0, 1, 1])).toEqual([0, 1]);
    expect(at([0, 0, 0.5, 1])).toEqual([1, 0]);
    expect(at([0, 0.6, 1, 1])).toEqual([0, 0]);
  });

  test("ignores frames with ignored objects alone, and those the reference failed on", () => {
    const path = fill([
      frame(0, [box(1, 1, 10, true)]),
      frame(1, [box(1, 1, 10, true), box(1, 0.9, 50)]),
      frame(2, null),
      frame(3, [box(0, 1, 10, true)]),
    ]);
    using store = LabelStore.open(path, { footage });
    expect([...store.span({ start: 0, end: 4 }, person).truth]).toEqual([IGNORED, 1, IGNORED, 0]);
    expect([store.count, store.failed, store.nextFrame]).toEqual([4, 1, 4]);
  });

  test("refuses a gap, a class that is not there, and less confidence than was kept", () => {
    const path = fill([frame(0, []), frame(1, []), frame(3, [])]);
    using store = LabelStore.open(path, { footage });
    expect(() => store.span({ start: 0, end: 4 }, person)).toThrow(
      `Labels "${path}" say nothing of frame 2: label the footage to frame 3 first`,
    );
    expect(() => store.span({ start: 0, end: 2 }, { ...person, classes: ["persn"] })).toThrow(
      'There is no class "persn"; did you mean "person"?',
    );
    expect(() => store.span({ start: 0, end: 2 }, { ...person, confidence: 0.05 })).toThrow(
      `Labels "${path}" hold detections from a confidence of 0.1 up, not from 0.05: ` +
        "ask for more, or label the footage anew",
    );
  });
});

describe("LabelStore.open()", () => {
  test("refuses labels of other footage, and of another model", () => {
    const path = fill([frame(0, [])]);
    const other = { ...footage, id: "c".repeat(64), name: "yard.mp4" };
    expect(() => LabelStore.open(path, { footage: other })).toThrow(
      `Labels "${path}" belong to "street.mp4" (200×100, 500 frames, aaaaaaaa), not to ` +
        '"yard.mp4" (200×100, 500 frames, cccccccc): delete it and it is made anew, or (in code) label into another file',
    );
    const larger = { ...origin, name: "large", sha256: "d".repeat(64) };
    expect(() => LabelStore.open(path, { footage, origin: larger, classes })).toThrow(
      `Labels "${path}" are by "demo" from a confidence of 0.1 up, not by "large" from 0.1: ` +
        "delete it and it is made anew, or (in code) label into another file",
    );
    // The refused file is as it was.
    using store = LabelStore.open(path, { footage });
    expect(store.count).toBe(1);
  });

  test("refuses what is no file of labels, with one sentence each", async () => {
    const missing = folder.file("missing.labels");
    expect(() => LabelStore.open(missing, { footage })).toThrow(
      `Cannot open labels "${missing}": no such file`,
    );
    const text = folder.file("text.labels");
    await Bun.write(text, "frame,person\n0,1\n".repeat(200));
    expect(() => LabelStore.open(text, { footage })).toThrow(
      /^".*" does not hold labels that can be read .*: delete it and it is made anew/,
    );
    const foreign = folder.file("foreign.db");
    new Database(foreign).run("CREATE TABLE notes (text TEXT)");
    expect(() => LabelStore.open(foreign, { footage, origin, classes })).toThrow(
      `"${foreign}" does not hold labels: delete it and it is made anew, unless it is something else of yours`,
    );
    const newer = fill([]);
    const db = new Database(newer);
    db.run("PRAGMA user_version = 9");
    db.close();
    expect(() => LabelStore.open(newer, { footage })).toThrow(
      `Labels "${newer}" are of version 9, this aip reads 1: delete it and it is made anew`,
    );
  });

  test("refuses a file that was damaged, wherever that is noticed, and says the way out", async () => {
    const wanted = { footage, origin };
    const cure = /^".*" does not hold labels that can be read .*: delete it and it is made anew/;
    for (const from of [4096, 2 * 4096, 8 * 4096]) {
      const path = fill(
        Array.from({ length: 2000 }, (_, index) => frame(index, [box(1, 0.9, 10)])),
      );
      const bytes = new Uint8Array(await Bun.file(path).arrayBuffer());
      await Bun.write(path, bytes.fill(0xa5, from));
      const read = (): void => {
        LabelStore.nextFrameOf(path, wanted);
        using store = LabelStore.open(path, wanted);
        store.span({ start: 0, end: 2000 }, person);
      };
      expect(read).toThrow(cure);
    }
  });

  test("refuses a file that another run is writing", () => {
    const path = fill([frame(0, [])]);
    using _writer = LabelStore.open(path, { footage, origin, classes });
    const script = `
      import { LabelStore } from "./src/cascade/labels/store.ts";
      try { LabelStore.open(${JSON.stringify(path)}, { footage: ${JSON.stringify(footage)} }); }
      catch (error) { console.log(error.message); }`;
    const { stdout } = Bun.spawnSync([process.execPath, "-e", script]);
    expect(stdout.toString().trim()).toBe(
      `Labels "${path}" are in use by another run: wait until it is done`,
    );
  });
});

describe("LabelStore.append()", () => {
  test("adds all frames or none", () => {
    const path = fill([frame(0, [])]);
    using store = LabelStore.open(path, { footage, origin, classes });
    const bad = { frame: 2, timeMs: Symbol("time"), objects: [] } as unknown as LabelledFrame;
    expect(() => store.append([frame(1, []), bad])).toThrow();
    expect(store.nextFrame).toBe(1);
  });
});
