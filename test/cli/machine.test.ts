import { expect, test } from "bun:test";
import { formatMachine, machineToJson } from "../../src/cli/machine.ts";
import { fakeDevice, fakeMachine, softwareGpu } from "../backend/fake-machine.ts";

const ane = fakeDevice("ane", {
  available: false,
  reason: "only Macs have one",
  remedy: "take a Mac",
});

test("formatMachine() says what is there, what is missing, why, and the way to get it", () => {
  expect(formatMachine(fakeMachine(2, softwareGpu, ane))).toBe(
    [
      "machine  Test CPU, 2 cores, linux x64",
      "runtime  ONNX Runtime 1.30.0",
      "",
      "cpu      ONNX Runtime 1.30.0 cpu",
      "gpu      ONNX Runtime 1.30.0 WebGPU on llvmpipe, software",
      "         software only: no GPU is visible to this machine",
      "ane      not available: only Macs have one",
      "         to get it: take a Mac",
      "sim      simulated devices such as sim:20ms, for experiments and tests",
    ].join("\n"),
  );
});

test("formatMachine() names a missing runtime once", () => {
  const failure = "the library is missing";
  const cpu = fakeDevice("cpu", { available: false, reason: failure });
  const text = formatMachine({ ...fakeMachine(1), onnxRuntime: null, failure, devices: [cpu] });
  expect(text.split(failure)).toHaveLength(2);
  expect(text).toContain("cpu      not available: no runtime, as said above");
});

test("machineToJson() keeps everything but the environment", () => {
  const json = JSON.parse(machineToJson(fakeMachine(2, softwareGpu)));
  expect(json.cpu).toEqual({ model: "Test CPU", cores: 2 });
  expect(json.onnxruntime.version).toBe("1.30.0");
  expect(json.devices[1]).toMatchObject({ kind: "gpu", available: true, software: true });
  expect(json.devices[1].environment).toBeUndefined();
});
