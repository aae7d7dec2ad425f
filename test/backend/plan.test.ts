import { expect, test } from "bun:test";
import { parseDevices } from "../../src/backend/device-spec.ts";
import { type DevicePlan, type PlanOptions, planDevices } from "../../src/backend/plan.ts";
import type { ModelTask } from "../../src/backend/session-task.ts";
import { AipError } from "../../src/errors.ts";
import { Provider, SessionConfig } from "../../src/layout/layout.gen.ts";
import { fakeDevice, fakeMachine, softwareGpu } from "./fake-machine.ts";

const model: ModelTask = {
  path: "nano.onnx",
  bytes: null,
  config: new Uint8Array(SessionConfig.sizeBytes).fill(7),
};

function plan(devices: string, options: Partial<PlanOptions> = {}): DevicePlan {
  const machine = fakeMachine(4, softwareGpu);
  return planDevices(parseDevices(devices), { machine, model, ...options });
}

const ids = (made: DevicePlan): string[] => made.instances.map(({ id }) => id);

/** A u32 field of an instance's session_config. */
function field(made: DevicePlan, index: number, offset: number): number | undefined {
  const config = made.instances[index]?.task.model?.config;
  return config && new DataView(config.buffer).getUint32(offset, true);
}

test("planDevices() fills the cores with one-thread replicas", () => {
  const made = plan("cpu");
  expect(ids(made)).toEqual(["cpu-0", "cpu-1", "cpu-2", "cpu-3"]);
  expect(made.instances[0]?.description).toBe("ONNX Runtime 1.30.0 CPU, 1 thread");
});

test("planDevices() makes as many replicas as threads leave room for", () => {
  expect(ids(plan("cpu:threads=2"))).toEqual(["cpu-0", "cpu-1"]);
  expect(ids(plan("cpu:threads=3"))).toEqual(["cpu-0"]);
  expect(ids(plan("cpu:threads=8"))).toEqual(["cpu-0"]);
});

test("planDevices() makes the replicas it is told to", () => {
  expect(ids(plan("cpu:threads=1:replicas=2"))).toEqual(["cpu-0", "cpu-1"]);
  expect(ids(plan("sim:5ms:replicas=3"))).toEqual(["sim-0", "sim-1", "sim-2"]);
});

test("planDevices() numbers each kind from 0, across devices", () => {
  const made = plan("cpu:replicas=1,sim:5ms,gpu,cpu:threads=2:replicas=1,sim:9ms");
  expect(ids(made)).toEqual(["cpu-0", "sim-0", "gpu-0", "cpu-1", "sim-1"]);
});

test("planDevices() writes provider and threads into a copy of the model's configuration", () => {
  const made = plan("cpu:threads=2:replicas=1,gpu");
  expect(field(made, 0, SessionConfig.provider)).toBe(Provider.cpu);
  expect(field(made, 0, SessionConfig.threadCount)).toBe(2);
  expect(field(made, 1, SessionConfig.provider)).toBe(Provider.webgpu);
  expect(field(made, 1, SessionConfig.inputWidth)).toBe(0x07070707);
  expect(model.config.every((byte) => byte === 7)).toBe(true);
});

test("planDevices() hands a named provider its name and its own options", () => {
  const machine = fakeMachine(4, fakeDevice("openvino"), fakeDevice("cuda"));
  const made = plan("openvino:device_type=GPU:replicas=1,cuda:device_id=1,cuda", { machine });
  const options = made.instances.map(({ task }) => task.model?.providerOptions);
  expect(options).toEqual(["OpenVINO\ndevice_type=GPU", "device_id=1", null]);
  expect(field(made, 0, SessionConfig.provider)).toBe(Provider.named);
  expect(field(made, 1, SessionConfig.provider)).toBe(Provider.cuda);
});

test("planDevices() asks Core ML for the units that a Mac's device stands for", () => {
  const provider = "CoreMLExecutionProvider";
  const machine = fakeMachine(4, fakeDevice("gpu", { provider }), fakeDevice("ane", { provider }));
  const options = plan("gpu,ane", { machine }).instances.map(
    ({ task }) => task.model?.providerOptions,
  );
  expect(options[0]).toContain("MLComputeUnits=CPUAndGPU");
  expect(options[1]).toContain("MLComputeUnits=CPUAndNeuralEngine");
});

test("planDevices() weighs simulated 20, 50 and 100 ms as 5 : 2 : 1", () => {
  const made = plan("sim:20ms,sim:50ms,sim:100ms", { model: null });
  expect(made.instances.map(({ weight }) => weight)).toEqual([5, 2, 1]);
  expect(made.instances.map(({ expectedMs }) => expectedMs)).toEqual([20, 50, 100]);
});

test("planDevices() lets weight= override", () => {
  const made = plan("sim:20ms:weight=7,sim:50ms:weight=3,sim:100ms");
  expect(made.instances.map(({ weight }) => weight)).toEqual([7, 3, 1]);
});

test("planDevices() says of simulated devices that they are", () => {
  const made = plan("sim:20ms:cv=0.3,sim:5ms:model=nano.onnx", {
    simulatedModels: new Map([["nano.onnx", model]]),
  });
  expect(made.instances.map(({ description }) => description)).toEqual([
    "simulated, 20 ms a frame, cv 0.3",
    "simulated, 5 ms a frame, answers of nano.onnx",
  ]);
  expect(made.instances[0]?.task.model).toBeNull();
  expect(made.instances[1]?.task.model?.path).toBe("nano.onnx");
});

test("planDevices() gives replicas seeds of their own, the same in every plan", () => {
  const seeds = (made: DevicePlan): (number | undefined)[] =>
    made.instances.map(({ task }) => task.simulated?.seed);
  const first = seeds(plan("sim:5ms:cv=1:replicas=3:seed=9"));
  expect(first[0]).toBe(9);
  expect(new Set(first).size).toBe(3);
  expect(seeds(plan("sim:5ms:cv=1:replicas=3:seed=9"))).toEqual(first);
});

test("planDevices() leaves the software GPU out of auto, with a note, and has it in all", () => {
  const auto = plan("auto");
  expect(ids(auto)).toEqual(["cpu-0", "cpu-1", "cpu-2", "cpu-3"]);
  expect(auto.notes).toHaveLength(1);
  expect(auto.environment).toEqual({});
  const all = plan("all");
  expect(ids(all)).toEqual(["cpu-0", "cpu-1", "cpu-2", "cpu-3", "gpu-0"]);
  expect(all.notes).toEqual([]);
  expect(all.environment).toEqual(softwareGpu.environment);
});

/** The error a plan is refused with. */
function refusal(devices: string, options: Partial<PlanOptions> = {}): AipError {
  try {
    plan(devices, options);
  } catch (error) {
    if (error instanceof AipError) return error;
    throw error;
  }
  throw new Error(`"${devices}" was planned`);
}

test("planDevices() refuses more threads than make sense and says how many cores there are", () => {
  const error = refusal("cpu:threads=17");
  expect(error.code).toBe("device-invalid");
  expect(error.message).toBe(
    'Device "cpu:threads=17" has threads 17: this machine has 4 cores, so at most 16 make sense',
  );
  expect(ids(plan("cpu:threads=16"))).toEqual(["cpu-0"]);
});

test("planDevices() refuses a missing device, with why and the way to get it", () => {
  const gpu = fakeDevice("gpu", {
    available: false,
    reason: "no GPU is visible to this machine",
    remedy: "install a Vulkan driver",
  });
  const error = refusal("gpu", { machine: fakeMachine(4, gpu) });
  expect(error.code).toBe("device-unavailable");
  expect(error.category).toBe("usage");
  expect(error.message).toBe(
    'Device "gpu" is not available: no GPU is visible to this machine; install a Vulkan driver',
  );
  expect(refusal("openvino").message).toBe(
    'Device "openvino" is not available: this ONNX Runtime was built without it; ' +
      "name one that has it in AIP_ONNXRUNTIME",
  );
});

test("planDevices() refuses auto on a machine that can run nothing", () => {
  const cpu = fakeDevice("cpu", { available: false, reason: "broken" });
  const machine = { ...fakeMachine(4), devices: [cpu], onnxRuntime: null, failure: "no library" };
  expect(refusal("auto", { machine }).message).toBe(
    "This machine has no device to run on: no library",
  );
});

test("planDevices() refuses more instances than it can run", () => {
  const many = Array.from({ length: 5 }, () => "sim:1ms:replicas=64").join(",");
  expect(refusal(many).message).toBe("320 device instances are too many: at most 256");
});

test("planDevices() lets a model of any number take as many as asked for, or try up to 8", () => {
  const any = { ...model, batchSize: null };
  const made = plan("cpu:batch=5:replicas=1,cpu:replicas=1,cpu:batch=1:replicas=1", { model: any });
  expect(made.instances.map(({ task }) => task.batch)).toEqual([5, "auto", undefined]);
  const sizes = [0, 1, 2].map((index) => field(made, index, SessionConfig.batchSizeMax));
  expect(sizes).toEqual([5, 8, 1]);
});

test("planDevices() gives a model of four pictures up to four frames", () => {
  const four = { ...model, batchSize: 4 };
  const made = plan("cpu:batch=3:replicas=1,cpu:replicas=1", { model: four });
  expect(made.instances.map(({ task }) => task.batch)).toEqual([3, "auto"]);
  expect(() => plan("cpu:batch=5", { model: four })).toThrow(
    'Device "cpu:batch=5" has batch 5, but model "nano.onnx" takes 4 pictures at a time: ' +
      "export it with a dynamic batch",
  );
});

test("planDevices() gives a model of single pictures single frames", () => {
  expect(plan("cpu").instances[0]?.task.batch).toBeUndefined();
  expect(() => plan("gpu:batch=2")).toThrow("takes one picture at a time");
});

test("planDevices() does not try batches on simulated devices unless told to", () => {
  const made = plan("sim:5ms,sim:5ms:batch=8:batch-cost=0.1", { model: null });
  expect(made.instances.map(({ task }) => task.batch)).toEqual([undefined, 8]);
});

test("planDevices() keeps batch from a named provider's own options", () => {
  const machine = fakeMachine(4, fakeDevice("openvino"));
  const made = plan("openvino:batch=1:device_type=GPU", { machine });
  expect(made.instances[0]?.task.model?.providerOptions).toBe("OpenVINO\ndevice_type=GPU");
});

test("planDevices() weighs a simulated device by its full calls", () => {
  const made = plan("sim:20ms:batch=4:batch-cost=0,sim:20ms", { model: null });
  expect(made.instances.map(({ weight }) => weight)).toEqual([4, 1]);
  expect(made.instances[0]?.description).toBe("simulated, 20 ms a frame, up to 4 a call");
});
