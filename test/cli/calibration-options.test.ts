import { describe, expect, test } from "bun:test";
import { checkThreads, readCalibration } from "../../src/cli/calibration-options.ts";
import { fakeMachine } from "../backend/fake-machine.ts";

const read = (flags: Record<string, string | boolean>, ...operands: string[]) =>
  readCalibration({ flags, operands });

describe("readCalibration()", () => {
  test("nothing given: the demo model, every device, throughput", () => {
    expect(read({})).toMatchObject({
      model: "demo",
      devices: [{ kind: "auto" }],
      goal: "throughput",
      seconds: undefined,
      replicas: undefined,
      quiet: false,
    });
  });

  test("reads every flag", () => {
    const flags = { for: "latency", seconds: "2.5", replicas: "1..4", threads: "1,2,2" };
    expect(
      read({ ...flags, device: "cpu,sim:5ms", "input-size": "640x384" }, "m.onnx"),
    ).toMatchObject({
      model: "m.onnx",
      devices: [{ kind: "cpu" }, { kind: "sim" }],
      goal: "latency",
      seconds: 2.5,
      replicas: { min: 1, max: 4 },
      threads: [1, 2],
      inputSize: { width: 640, height: 384 },
    });
    expect(read({ replicas: "3" }).replicas).toEqual({ min: 3, max: 3 });
  });

  test.each([
    [{ for: "througput" }, '--for must be throughput or latency, not "througput"'],
    [{ seconds: "0" }, "--seconds must be a number above 0"],
    [{ seconds: "1e3" }, "--seconds must be a number above 0"],
    [{ replicas: "4..1" }, "--replicas must be a range such as 1..4"],
    [{ replicas: "0..2" }, "--replicas must be a range such as 1..4"],
    [{ replicas: "1..65" }, "--replicas must be a range such as 1..4, each from 1 to 64"],
    [{ threads: "1,x" }, "--threads must be whole numbers"],
    [{ "input-size": "big" }, "--input-size must be WIDTHxHEIGHT"],
    [{ device: "cqu" }, 'Unknown device "cqu"'],
    [{ output: "no/such/folder/x.json" }, 'the folder "no/such/folder" does not exist'],
    [{ output: "x.svg", plot: "x.svg" }, "name another file"],
    [{ plot: "x.png" }, '--plot "x.png" must end in .svg'],
    [{ plot: "-" }, '--plot "-" must end in .svg'],
    [
      { device: "cpu:threads=1:replicas=1", threads: "2" },
      "--threads has no effect, as --device names threads itself",
    ],
    [{ device: "sim:5ms", threads: "2" }, "--threads is for cpu, which --device does not name"],
    [
      { device: "sim:5ms:replicas=2", replicas: "1..3" },
      "--replicas has no effect, as --device names replicas itself",
    ],
  ])("refuses %p", (flags, message) => {
    expect(() => read(flags as Record<string, string>)).toThrow(message);
  });

  test("takes a flag that one of the devices leaves open", () => {
    const devices = "cpu:threads=1,cpu:replicas=2";
    expect(read({ device: devices, threads: "2", replicas: "1..2" }).threads).toEqual([2]);
  });

  test("takes one model at a time", () => {
    expect(() => read({}, "a.onnx", "b.onnx")).toThrow('Unexpected "b.onnx"');
  });

  test("says what a goal is once", () => {
    expect(() => read({ for: "speed" })).toThrow(
      /^--for must be throughput or latency, not "speed"$/,
    );
  });

  test("blames --threads for more than make sense on this machine", () => {
    const machine = fakeMachine(2);
    expect(() => checkThreads(read({ threads: "1,9999" }), machine)).toThrow(
      "--threads has 9999: this machine has 2 cores, so at most 8 make sense",
    );
    expect(() => checkThreads(read({ threads: "1,8" }), machine)).not.toThrow();
    expect(() => checkThreads(read({}), machine)).not.toThrow();
  });
});
