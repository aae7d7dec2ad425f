import { describe, expect, test } from "bun:test";
import { COCO_NAMES } from "../../src/model/coco.ts";
import type { HeadSpec } from "../../src/model/head.ts";
import { classFilter, resolveLabels } from "../../src/model/labels.ts";

function head(type: HeadSpec["type"], classCount: number): HeadSpec {
  const scores = { strides: [], transposed: false, normalized: false, activation: "none" } as const;
  return { type, classCount, why: "", output: "o", outputIndex: 0, shape: [], ...scores };
}

describe("resolveLabels()", () => {
  test("puts the manifest before the metadata, and that before COCO", () => {
    const [manifest, metadata] = [["a"], ["b"]];
    expect(resolveLabels(head("yolox", 1), { manifest, metadata }).labels).toEqual(["a"]);
    expect(resolveLabels(head("yolox", 1), { manifest: undefined, metadata }).labels).toEqual([
      "b",
    ]);
  });

  test("takes COCO's names for a detector of 80 classes alone", () => {
    const none = { manifest: undefined, metadata: null };
    expect(resolveLabels(head("yolox", 80), none)).toEqual({
      labels: COCO_NAMES,
      labelsFrom: "coco",
    });
    expect(resolveLabels(head("yolox", 79), none)).toEqual({ labels: [], labelsFrom: "none" });
    expect(resolveLabels(head("classification", 80), none).labelsFrom).toBe("none");
    expect(resolveLabels(head("raw", 0), none).labelsFrom).toBe("none");
  });
});

describe("COCO_NAMES", () => {
  test("has the 80 classes at the numbers detectors give them", () => {
    expect(new Set(COCO_NAMES).size).toBe(80);
    // From the class list of YOLOX's and Ultralytics' COCO models.
    const known = {
      0: "person",
      2: "car",
      7: "truck",
      15: "cat",
      39: "bottle",
      56: "chair",
      79: "toothbrush",
    };
    for (const [id, name] of Object.entries(known)) expect(COCO_NAMES[Number(id)]).toBe(name);
  });
});

describe("classFilter()", () => {
  const labels = ["person", "Car", "car", "7", "person"];

  test.each<[string[], number[]]>([
    [["car"], [2]],
    [["CAR"], [1, 2]],
    [["person"], [0, 4]],
    [
      ["2", " 0 "],
      [0, 2],
    ],
    [["7"], [3]],
    [["1", "Car", "1"], [1]],
  ])("finds %j", (wanted, ids) => {
    expect(classFilter(wanted, labels, 5)).toEqual(ids);
  });

  test.each<[string, readonly string[], number, string]>([
    ["persn", labels, 5, 'Unknown class "persn"; did you mean "person"?'],
    ["zebra", labels, 5, 'Unknown class "zebra" (known: "person", "Car", "car", "7", "person")'],
    ["5", labels, 5, 'Unknown class "5": the model\'s classes are 0 to 4'],
    // Three names, whatever stands in them.
    ["cow", ["cat", "dog's", "x, y"], 3, 'Unknown class "cow" (known: "cat", "dog\'s", "x, y")'],
    ["car", [], 5, 'Unknown class "car": the model\'s classes are 0 to 4, which are not named'],
    ["", ["person"], 1, 'Unknown class "" (known: "person")'],
    [
      "qqq",
      COCO_NAMES,
      80,
      'Unknown class "qqq" (known: "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light", "fire hydrant", "stop sign", … 80 in all)',
    ],
    ["2000", [], 3000, 'Class "2000" has number 2000; classes up to 1023 can be picked'],
  ])("refuses %j in a sentence", (text, names, count, message) => {
    expect(() => classFilter([text], names, count)).toThrow(
      expect.objectContaining({ code: "class-unknown", category: "usage", message }),
    );
  });

  test("takes any number a filter has room for where the count is not known", () => {
    expect(classFilter(["1023"], [], 0)).toEqual([1023]);
    expect(() => classFilter(["1024"], [], 0)).toThrow("the model's classes are 0 to 1023");
  });
});
