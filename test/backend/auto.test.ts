import { expect, test } from "bun:test";
import { selectDevices } from "../../src/backend/auto.ts";
import { fakeDevice, fakeMachine, softwareGpu } from "./fake-machine.ts";

const kinds = (machine: ReturnType<typeof fakeMachine>, software = false): string[] =>
  selectDevices(machine, software).devices.map(({ kind }) => kind);

test("selectDevices() takes CPU, GPU and Neural Engine together", () => {
  expect(kinds(fakeMachine(4, fakeDevice("gpu"), fakeDevice("ane")))).toEqual([
    "cpu",
    "gpu",
    "ane",
  ]);
});

test("selectDevices() leaves out what is missing", () => {
  expect(kinds(fakeMachine(4, fakeDevice("gpu", { available: false })))).toEqual(["cpu"]);
});

test("selectDevices() leaves out a software GPU and says so, unless it is wished for", () => {
  const machine = fakeMachine(2, softwareGpu);
  expect(kinds(machine)).toEqual(["cpu"]);
  expect(selectDevices(machine, false).notes).toEqual([
    "gpu (ONNX Runtime 1.30.0 WebGPU on llvmpipe, software) is left out, as it would only slow " +
      "the CPU down; --device gpu uses it",
  ]);
  expect(kinds(machine, true)).toEqual(["cpu", "gpu"]);
  expect(selectDevices(machine, true).notes).toEqual([]);
});

test("selectDevices() goes to one GPU one way, CUDA before the others", () => {
  const machine = fakeMachine(4, fakeDevice("gpu"), fakeDevice("tensorrt"), fakeDevice("cuda"));
  expect(kinds(machine)).toEqual(["cpu", "cuda"]);
  const { notes } = selectDevices(machine, false);
  expect(notes).toHaveLength(2);
  expect(notes[0]).toContain("it computes where cuda does");
});

test("selectDevices() leaves out providers that compute on the CPU", () => {
  const machine = fakeMachine(4, fakeDevice("openvino"));
  expect(kinds(machine)).toEqual(["cpu"]);
  expect(selectDevices(machine, false).notes[0]).toContain("it computes where cpu does");
});
