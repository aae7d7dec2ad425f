import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeModel } from "../../src/model/model.ts";
import { inspectOnnx, libraryPath } from "../../src/native/library.ts";
import inspections from "../fixtures/models/inspections.json";

const FIXTURES = join(import.meta.dir, "../fixtures/models");
const NANO = join(import.meta.dir, "../../../shared/models/yolox_nano.onnx");
const isBuilt = existsSync(libraryPath());

if (!isBuilt) console.warn("skipped: the native library is not built");
if (!existsSync(NANO)) console.warn("skipped: ../shared/models is missing");

describe.skipIf(!isBuilt)("inspectOnnx()", () => {
  // The expected values are read from the protobuf messages by onnx's Python package.
  test.each(Object.entries(inspections))("says what %s.onnx says of itself", (name, expected) => {
    expect(inspectOnnx(join(FIXTURES, `${name}.onnx`))).toEqual(expected as never);
  });

  test.each(["corrupt", "cut-short", "text"])("refuses %s.onnx in a sentence", (name) => {
    const path = join(FIXTURES, `${name}.onnx`);
    expect(() => inspectOnnx(path)).toThrow(`Cannot open model "${path}": `);
  });

  test.skipIf(!existsSync(NANO))("says what YOLOX-Nano is, and its head is found", () => {
    const found = inspectOnnx(NANO);
    expect(found).toMatchObject({
      inputs: [{ name: "images", dtype: "float32", shape: [1, 3, 416, 416] }],
      outputs: [{ name: "output", dtype: "float32", shape: [1, 3549, 85] }],
      producer: "pytorch",
    });
    expect(describeModel(NANO, found, null).head).toMatchObject({ type: "yolox", classCount: 80 });
  });
});
