import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readMetadata } from "../../src/model/metadata.ts";
import { inspection } from "./inspection.ts";

function read(metadata: Record<string, string>): ReturnType<typeof readMetadata> {
  return readMetadata(inspection({ metadata }));
}

describe("readMetadata()", () => {
  test("reads what Ultralytics' exporter writes", () => {
    const metadata = read({
      author: "Ultralytics",
      license: "AGPL-3.0 License (https://ultralytics.com/license)",
      stride: "32",
      task: "detect",
      imgsz: "[384, 640]",
      names: `{0: 'person', 1: "driver's cab"}`,
    });
    expect(metadata).toEqual({
      ultralytics: true,
      names: ["person", "driver's cab"],
      inputSize: { width: 640, height: 384 },
      strideMax: 32,
      task: "detect",
      licence: "AGPL-3.0 License (https://ultralytics.com/license)",
      notes: [],
    });
  });

  test("takes names and stride alone, as YOLOv5 exports, for Ultralytics'", () => {
    expect(read({ names: "['a']", stride: "32" }).ultralytics).toBe(true);
    expect(read({ names: "['a']" }).ultralytics).toBe(false);
    expect(read({}).ultralytics).toBe(false);
  });

  test("numbers the classes a dict of names leaves out", () => {
    expect(read({ names: "{3: 'd', 0: 'a', '1': 7}" }).names).toEqual(["a", "7", "class 2", "d"]);
  });

  test("takes an empty list of names for none", () => {
    expect(read({ names: "{}" }).names).toBeNull();
  });

  test.each<[Record<string, string>, string]>([
    [{ names: "person, car" }, 'found "p" at position 0 where a value should be'],
    [{ names: "42" }, "neither a dict nor a list of names"],
    [{ names: "{'a': 'b'}" }, '"a" is no class number'],
    [{ names: "{-1: 'b'}" }, "-1 is no class number"],
    [{ names: "{70000: 'b'}" }, "70000 is no class number"],
    [{ names: "[None]" }, "null is no class name"],
    [{ imgsz: "[640]" }, "neither a size nor [height, width]"],
    [{ imgsz: "-5" }, "neither a size nor [height, width]"],
    [{ stride: "'x'" }, "not a whole number of pixels"],
  ])("leaves out %j and says why", (metadata, why) => {
    const [key] = Object.keys(metadata) as [string];
    const { names, inputSize, strideMax, notes } = read(metadata);
    expect([names, inputSize, strideMax]).toEqual([null, null, null]);
    expect(notes).toEqual([`metadata "${key}" cannot be read and is left out: ${why}`]);
  });

  test("reads any metadata without throwing", () => {
    const keys = fc.constantFrom("names", "imgsz", "stride", "task", "author", "license");
    const literal = fc.oneof(fc.string(), fc.json(), fc.constantFrom("{0: 1}", "{}", "[]", "()"));
    fc.assert(
      fc.property(fc.dictionary(keys, literal), (metadata) => {
        const { names } = read(metadata);
        expect(names === null || names.every((name) => typeof name === "string")).toBe(true);
      }),
    );
  });
});
