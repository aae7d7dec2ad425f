import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { mergeFocusStem } from "../../src/onnx/focus-stem.ts";
import { Node } from "../../src/onnx/node.ts";
import { bytesOf, readFields } from "../../src/protobuf/message.ts";
import { mulberry32 } from "../../src/random.ts";
import { hasShared, NANO } from "../e2e/shared.ts";

const FIXTURES = join(import.meta.dir, "..", "fixtures", "focus");

function fixture(name: string): Uint8Array {
  return readFileSync(join(FIXTURES, `${name}.onnx`));
}

/** Operators of a model, in order. */
function operators(model: Uint8Array): string[] {
  const graph = bytesOf(readFields(model), 7)[0] as Uint8Array;
  return bytesOf(readFields(graph), 1).map((message) => new Node(message).opType);
}

/** What ONNX Runtime makes of a model, each output as numbers. */
async function answers(
  model: Uint8Array,
  shape: readonly number[],
  values: readonly number[],
): Promise<Record<string, number[]>> {
  const session = await ort.InferenceSession.create(model);
  const given = new ort.Tensor("float32", Float32Array.from(values), shape);
  const outputs = await session.run({ [session.inputNames[0] as string]: given });
  const lists = Object.entries(outputs).map(([name, { data }]) => [
    name,
    Array.from(data as Float32Array),
  ]);
  await session.release();
  return Object.fromEntries(lists);
}

const FOCUSES = ["focus", "focus-f16", "focus-other-order"];

test.each(FOCUSES)("%s becomes one convolution that answers the same", async (name) => {
  const model = fixture(name);
  const merged = mergeFocusStem(model);
  if (merged === null) throw new Error("no Focus layer was found");
  expect(operators(merged).filter((operator) => !/Constant|Cast/.test(operator))).toEqual(["Conv"]);
  // Whole numbers: every sum is exact, whatever its order.
  const picture = Array.from({ length: 3 * 8 * 8 }, (_, index) => (index * 37) % 11);
  const shape = [1, 3, 8, 8];
  expect(await answers(merged, shape, picture)).toEqual(await answers(model, shape, picture));
});

test("what others read of a Focus layer stays", async () => {
  const model = fixture("focus-read-twice");
  const merged = mergeFocusStem(model) as Uint8Array;
  expect(operators(merged)).toContain("Concat");
  const picture = Array.from({ length: 3 * 8 * 8 }, (_, index) => (index * 29) % 13);
  const shape = [1, 3, 8, 8];
  expect(await answers(merged, shape, picture)).toEqual(await answers(model, shape, picture));
});

test.each(["cut", "repeated", "grouped", "dilated"])("%s only looks like one", (name) => {
  expect(mergeFocusStem(fixture(name))).toBeNull();
});

test("a model without a Focus layer is left alone", () => {
  const yolov8 = readFileSync(join(FIXTURES, "..", "models", "yolov8.onnx"));
  expect(mergeFocusStem(yolov8)).toBeNull();
});

test("bytes that are no model are refused", () => {
  expect(() => mergeFocusStem(new TextEncoder().encode("no model at all"))).toThrow();
});

test.skipIf(!hasShared)("YOLOX-Nano answers the same to rounding", async () => {
  const model = readFileSync(NANO);
  const merged = mergeFocusStem(model) as Uint8Array;
  expect(operators(model).filter((operator) => operator === "Slice").length).toBeGreaterThan(0);
  expect(operators(merged)).not.toContain("Slice");
  const random = mulberry32(1);
  const picture = Array.from({ length: 3 * 416 * 416 }, () => 255 * random());
  const shape = [1, 3, 416, 416];
  const { output: ours = [] } = await answers(merged, shape, picture);
  const { output: reference = [] } = await answers(model, shape, picture);
  expect(reference.length).toBe(3549 * 85);
  const furthest = reference.reduce(
    (most, value, index) => Math.max(most, Math.abs(value - (ours[index] as number))),
    0,
  );
  expect(furthest).toBeLessThan(1e-3);
});
