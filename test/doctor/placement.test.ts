import { describe, expect, test } from "bun:test";
import {
  placementFromComputePlan,
  placementFromProfile,
  shareOn,
} from "../../src/doctor/placement.ts";

/** An event as ONNX Runtime 1.30 writes it, without what is not read. */
const node = (index: number, operator: string, provider: string, dur: number): object => ({
  cat: "Node",
  ph: "X",
  name: `${operator}_${index}_kernel_time`,
  dur,
  args: { op_name: operator, provider, node_index: String(index) },
});

const session = { cat: "Session", name: "model_run", dur: 9999, args: {} };

describe("placementFromProfile()", () => {
  test("counts an operation once and adds the times of all runs", () => {
    const run = [
      node(1, "Conv", "CPUExecutionProvider", 30),
      node(2, "Relu", "CPUExecutionProvider", 10),
    ];
    const placement = placementFromProfile(JSON.stringify([session, ...run, ...run]));
    expect(placement.operations).toBe(2);
    expect(placement.shares).toEqual([{ unit: "cpu", operations: 2, share: 1 }]);
  });

  test("gives each provider its share of the time, most first", () => {
    const events = [
      node(1, "Conv", "CUDAExecutionProvider", 60),
      node(2, "NonMaxSuppression", "CPUExecutionProvider", 20),
      node(3, "Conv", "CUDAExecutionProvider", 20),
    ];
    const { shares, operators } = placementFromProfile(JSON.stringify(events));
    expect(shares).toEqual([
      { unit: "cuda", operations: 2, share: 0.8 },
      { unit: "cpu", operations: 1, share: 0.2 },
    ]);
    expect(operators).toEqual([
      { operator: "Conv", unit: "cuda", count: 2 },
      { operator: "NonMaxSuppression", unit: "cpu", count: 1 },
    ]);
  });

  test("takes the GPU's own times where it has them, not those of handing work over", () => {
    const events = [
      node(1, "Conv", "WebGpuExecutionProvider", 1),
      node(2, "Softmax", "CPUExecutionProvider", 25),
      { cat: "Api", name: "Conv&Conv&Conv2dMM", dur: 75, args: {} },
    ];
    expect(shareOn(placementFromProfile(JSON.stringify(events)), "gpu")).toBe(0.75);
  });

  test("calls what ONNX Runtime gives to Core ML coreml, as it does not say which unit ran it", () => {
    const events = [
      node(1, "CoreMLExecutionProvider_CoreML_17_0", "CoreMLExecutionProvider", 90),
      node(2, "Resize", "CPUExecutionProvider", 10),
    ];
    expect(shareOn(placementFromProfile(JSON.stringify(events)), "coreml")).toBe(0.9);
  });

  test.each([
    ["[", "is no JSON"],
    ["{}", "is no list"],
    ["[]", "names no operation"],
    ["[null, 3]", "names no operation"],
  ])("%s is refused", (text, reason) => {
    expect(() => placementFromProfile(text)).toThrow(reason);
  });
});

describe("placementFromComputePlan()", () => {
  const operation = (operator: string, preferred: string | null, cost: number | null): object => ({
    operator,
    preferred,
    cost,
  });

  test("weighs operations by the cost that Core ML estimates", () => {
    const placement = placementFromComputePlan(
      JSON.stringify([
        operation("ios17.conv", "neuralEngine", 0.6),
        operation("ios17.conv", "neuralEngine", 0.38),
        operation("ios17.gather", "cpu", 0.02),
        operation("const", null, null),
      ]),
    );
    expect(placement.source).toBe("compute-plan");
    expect(placement.operations).toBe(3);
    expect(shareOn(placement, "ane")).toBeCloseTo(0.98, 9);
    expect(placement.operators).toContainEqual({ operator: "gather", unit: "cpu", count: 1 });
  });

  test("counts operations where no cost is estimated", () => {
    const text = JSON.stringify([
      operation("conv", "gpu", null),
      operation("conv", "gpu", null),
      operation("add", "cpu", null),
      operation("add", "cpu", null),
    ]);
    expect(shareOn(placementFromComputePlan(text), "gpu")).toBe(0.5);
  });

  test("a plan of constants alone is refused", () => {
    const text = JSON.stringify([operation("const", null, null)]);
    expect(() => placementFromComputePlan(text)).toThrow("places no operation");
  });
});
