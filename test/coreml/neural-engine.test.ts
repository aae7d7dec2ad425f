import { describe, expect, test } from "bun:test";
import { leavesNeuralEngine } from "../../src/coreml/neural-engine.ts";
import type { Operation } from "../../src/coreml/operation.ts";

function operation(type: string, rest: Partial<Operation> = {}): Operation {
  return { type, kernel: [], dilations: [], ...rest };
}

function reasons(...operations: readonly Operation[]): readonly string[] {
  return leavesNeuralEngine(operations).map(({ why }) => why);
}

describe("leavesNeuralEngine()", () => {
  test.each<[string, string]>([
    ["lstm", "recurrent"],
    ["gru", "recurrent"],
    ["uniDirectionalLSTM", "recurrent"],
    ["gather_along_axis", "reads by index"],
    ["scatter_nd", "writes by index"],
    ["reduce_prod", "multiplies along an axis"],
    ["while_loop", "control flow"],
    ["addBroadcastable", "made for tensors of any rank"],
    ["concatND", "made for tensors of any rank"],
    ["custom", "code for CPU and GPU alone"],
  ])("names %s: %s", (type, why) => {
    expect(reasons(operation(type))).toEqual([why]);
  });

  test.each(["conv", "relu", "concat", "matmul", "softmax", "max_pool", "add"])(
    "says nothing of %s",
    (type) => {
      expect(reasons(operation(type, { kernel: [7, 7], dilations: [1, 1] }))).toEqual([]);
    },
  );

  test("draws the line above kernels and windows of 7, whichever axis", () => {
    expect(reasons(operation("conv", { kernel: [1, 8] }))).toEqual(["kernel above 7"]);
    expect(reasons(operation("conv_transpose", { kernel: [9, 9] }))).toEqual(["kernel above 7"]);
    expect(reasons(operation("avg_pool", { kernel: [8, 1] }))).toEqual(["window above 7"]);
    expect(reasons(operation("convolution", { dilations: [1, 2] }))).toEqual(["dilated"]);
    expect(reasons(operation("conv", { kernel: [3, 3, 3] }))).toEqual(["over three axes"]);
  });

  test("counts each type once for each reason, with where it is said", () => {
    const wide = operation("conv", { kernel: [9, 9], dilations: [2, 2] });
    const found = leavesNeuralEngine([wide, wide, operation("lstm")]);
    expect(found.map(({ operation: type, count, why }) => [type, count, why])).toEqual([
      ["lstm", 1, "recurrent"],
      ["conv", 2, "dilated"],
      ["conv", 2, "kernel above 7"],
    ]);
    expect(found.every(({ source, verified }) => source !== "" && !verified)).toBe(true);
    expect(leavesNeuralEngine([operation("custom")])[0]?.verified).toBe(true);
  });
});
