import { expect, test } from "bun:test";
import { parseDevice } from "../../src/backend/device-spec.ts";
import { readSimulatedOptions } from "../../src/backend/simulated-options.ts";

const read = (text: string): ReturnType<typeof readSimulatedOptions> =>
  readSimulatedOptions(parseDevice(text));

test("readSimulatedOptions() reads every option", () => {
  const text =
    "sim:20ms:cv=0.3:batch=4:batch-cost=0.25:fail=0.01:hang-at=100:die-at=50:slow-at=1000x2:seed=7:model=nano.onnx";
  expect(read(text)).toEqual({
    options: {
      serviceMs: 20,
      cv: 0.3,
      batchCost: 0.25,
      fail: 0.01,
      hangAt: 100,
      dieAt: 50,
      slowAt: [{ frame: 1000, factor: 2 }],
      seed: 7,
    },
    modelFile: "nano.onnx",
  });
});

test("readSimulatedOptions() leaves out every fault unless asked", () => {
  expect(read("sim:5ms")).toEqual({
    options: { serviceMs: 5, cv: 0, fail: 0, hangAt: null, dieAt: null, slowAt: [], seed: 1 },
    modelFile: null,
  });
});

test("readSimulatedOptions() knows microseconds, milliseconds and seconds", () => {
  expect(read("sim:250us").options.serviceMs).toBeCloseTo(0.25, 12);
  expect(read("sim:1.5ms").options.serviceMs).toBe(1.5);
  expect(read("sim:2s").options.serviceMs).toBe(2000);
  expect(read("sim:0ms").options.serviceMs).toBe(0);
});

test("readSimulatedOptions() keeps several slow-downs in order", () => {
  expect(read("sim:5ms:stall-at=10x0.3s:stall-at=20x5ms").options.stallAt).toEqual([
    { frame: 10, ms: 300 },
    { frame: 20, ms: 5 },
  ]);
  expect(read("sim:5ms:slow-at=10x2:slow-at=20x0.25").options.slowAt).toEqual([
    { frame: 10, factor: 2 },
    { frame: 20, factor: 0.25 },
  ]);
});

test("readSimulatedOptions() refuses times without a unit, with another, or too long", () => {
  const expected = "must be a number with a unit (us, ms or s), from 0ms to 600s";
  for (const time of ["20", "20m", "-5ms", "1.2.3ms", "601s", "ms"]) {
    expect(() => read(`sim:${time}`)).toThrow(expected);
  }
});

test("readSimulatedOptions() refuses a device without a service time", () => {
  expect(() => read("sim")).toThrow('Device "sim" has no service time: write for example sim:20ms');
});

test("readSimulatedOptions() refuses slow-downs that are no FRAMExFACTOR", () => {
  for (const step of ["10", "10x", "x2", "10x0", "-1x2", "10x2000"]) {
    expect(() => read(`sim:5ms:slow-at=${step}`)).toThrow(`has slow-at ${step}`);
    expect(() => read(`sim:5ms:stall-at=${step}`)).toThrow(`has stall-at ${step}`);
  }
});
