import { expect, test } from "bun:test";
import { type EngineTraits, traitsOffNeuralEngine } from "../../src/coreml/engine-traits.ts";
import type { Feature } from "../../src/coreml/inspection.ts";

const input = (isFlexible: boolean): Feature => ({
  name: "x",
  optional: false,
  description: "",
  type: {
    kind: "multi-array",
    dtype: "float16",
    shape: [1, 3, 64, 64],
    flexibility: isFlexible ? { kind: "enumerated", shapes: [[1, 3, 64, 64]] } : null,
  },
});

const traits = (isFlexible: boolean, rest: Partial<EngineTraits> = {}): EngineTraits => ({
  computeTypes: { float16: 12 },
  suppression: null,
  functions: [
    {
      name: "main",
      inputs: [input(isFlexible)],
      outputs: [],
      predictedLabel: null,
      predictedScores: null,
      labels: null,
    },
  ],
  ...rest,
});

test("traitsOffNeuralEngine() says nothing of halves and one size", () => {
  expect(traitsOffNeuralEngine(traits(false))).toEqual([]);
});

test("traitsOffNeuralEngine() names inputs of several sizes, as others have seen", () => {
  const [found] = traitsOffNeuralEngine(traits(true));
  expect(found).toMatchObject({ operation: "input", count: 1, verified: false });
});

test("traitsOffNeuralEngine() counts results of more than 16 bits, as Apple says", () => {
  const found = traitsOffNeuralEngine(traits(false, { computeTypes: { float16: 6, float32: 2 } }));
  expect(found).toMatchObject([{ operation: "float32 result", count: 2, verified: true }]);
});
