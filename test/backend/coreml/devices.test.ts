import { describe, expect, test } from "bun:test";
import { coreMlMachine, usualReplicas } from "../../../src/backend/coreml/devices.ts";
import { fakeDevice, fakeMachine } from "../fake-machine.ts";

describe("coreMlMachine()", () => {
  const machine = fakeMachine(8, fakeDevice("cuda"));

  test("has the units that Core ML finds, and says what it does not", () => {
    const { devices, failure } = coreMlMachine(machine, { units: ["cpu", "ane"], failure: null });
    expect(failure).toBeNull();
    expect(devices.map(({ kind, available }) => [kind, available])).toEqual([
      ["cpu", true],
      ["gpu", false],
      ["ane", true],
      ["cuda", false],
    ]);
    expect(devices[1]?.reason).toBe("Core ML finds no GPU on this machine");
    expect(devices[2]?.description).toBe("Core ML Neural Engine");
    expect(devices[3]?.reason).toBe("it runs ONNX models, this is one of Core ML");
  });

  test("has none where the library was built without it", () => {
    const failure = "This library was built without Core ML";
    const seen = coreMlMachine(machine, { units: [], failure });
    expect(seen.failure).toBe(failure);
    expect(seen.devices.some(({ available }) => available)).toBe(false);
  });
});

test("usualReplicas() keeps a Neural Engine busy with two", () => {
  expect(["cpu", "gpu", "ane"].map(usualReplicas)).toEqual([1, 1, 2]);
});
