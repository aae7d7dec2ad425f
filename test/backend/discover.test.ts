import { expect, test } from "bun:test";
import { discoverMachine, type Machine, type MachineDevice } from "../../src/backend/discover.ts";
import type { SystemView } from "../../src/backend/system-view.ts";
import { usageError } from "../../src/errors.ts";
import type { CoreMlInfo } from "../../src/native/coreml.ts";
import { fakeSystem, mesaDrivers, vulkanLoader } from "./fake-system.ts";

const PATH = "/opt/onnxruntime/libonnxruntime.so.1";

function discover(system: SystemView, ...providers: string[]): Machine {
  const listed = [...providers, "CPU"].map((name) => `${name}ExecutionProvider`);
  const onnxRuntime = () => ({ version: "1.30.0", path: PATH, providers: listed });
  return discoverMachine({ system, onnxRuntime, coreMl: () => allUnits });
}

const allUnits: CoreMlInfo = { units: ["cpu", "gpu", "ane"], failure: null };
const mac = fakeSystem({}, { platform: "darwin", arch: "arm64" });

function find(machine: Machine, kind: string): MachineDevice {
  const device = machine.devices.find((device) => device.kind === kind);
  if (device === undefined) throw new Error(`no ${kind}`);
  return device;
}

test("discoverMachine() always finds the CPU", () => {
  const cpu = find(discover(fakeSystem({})), "cpu");
  expect(cpu.available).toBe(true);
  expect(cpu.description).toBe("ONNX Runtime 1.30.0 CPU on 4 cores");
});

test("discoverMachine() offers a software GPU and says that it is one", () => {
  const gpu = find(discover(fakeSystem({ ...vulkanLoader, ...mesaDrivers }), "WebGpu"), "gpu");
  expect(gpu).toMatchObject({ available: true, software: true });
  expect(gpu.description).toBe("ONNX Runtime 1.30.0 WebGPU on llvmpipe, software");
  expect(gpu.environment["VK_ICD_FILENAMES"]).toEndWith("lvp_icd.json");
});

test("discoverMachine() says why the GPU is missing where ONNX Runtime has no WebGPU", () => {
  const gpu = find(discover(fakeSystem({ ...vulkanLoader, ...mesaDrivers })), "gpu");
  expect(gpu.available).toBe(false);
  expect(gpu.reason).toBe(
    `ONNX Runtime 1.30.0 at "${PATH}" was built without WebGpuExecutionProvider`,
  );
});

test("discoverMachine() finds GPU and Neural Engine through Core ML on a Mac", () => {
  const machine = discover(mac, "CoreML");
  expect(find(machine, "gpu").available).toBe(true);
  expect(find(machine, "ane").available).toBe(true);
  expect(find(discover(fakeSystem({})), "ane").reason).toContain("Apple silicon");
});

test("discoverMachine() offers no unit that Core ML does not find: a load for it may hang", () => {
  const onnxRuntime = () => ({
    version: "1.30.0",
    path: PATH,
    providers: ["CoreMLExecutionProvider", "CPUExecutionProvider"],
  });
  const virtual = discoverMachine({
    system: mac,
    onnxRuntime,
    coreMl: () => ({ units: ["cpu", "gpu"], failure: null }),
  });
  expect(find(virtual, "gpu").available).toBe(true);
  expect(find(virtual, "ane").available).toBe(false);
  expect(find(virtual, "ane").reason).toContain("Core ML finds no Neural Engine");
  const without = discoverMachine({
    system: mac,
    onnxRuntime,
    coreMl: () => ({ units: [], failure: "built without Core ML" }),
  });
  expect(find(without, "gpu").reason).toBe("built without Core ML");
  expect(find(without, "cpu").available).toBe(true);
});

test("discoverMachine() offers a provider whose library and GPU are there", () => {
  const files = {
    "/dev/nvidiactl": "",
    "/opt/onnxruntime/libonnxruntime_providers_cuda.so": "",
  };
  const cuda = find(discover(fakeSystem(files), "CUDA"), "cuda");
  expect(cuda.available).toBe(true);
  expect(cuda.description).toBe("ONNX Runtime 1.30.0 CUDA");
});

test("discoverMachine() does not believe a build that lists a provider without its library", () => {
  const cuda = find(discover(fakeSystem({ "/dev/nvidiactl": "" }), "CUDA"), "cuda");
  expect(cuda.available).toBe(false);
  expect(cuda.reason).toBe(
    '"libonnxruntime_providers_cuda.so" is not beside ONNX Runtime in "/opt/onnxruntime"',
  );
  expect(cuda.remedy).toBe("name an ONNX Runtime with CUDA in AIP_ONNXRUNTIME");
});

test("discoverMachine() asks for the vendor's GPU", () => {
  const files = { "/opt/onnxruntime/libonnxruntime_providers_cuda.so": "" };
  const cuda = find(discover(fakeSystem(files), "CUDA"), "cuda");
  expect(cuda.reason).toBe("no NVIDIA GPU is visible to this machine");
});

test("discoverMachine() reports every real device missing without ONNX Runtime", () => {
  const message = 'The native library "x.so" is missing: build it';
  const machine = discoverMachine({
    system: fakeSystem({ ...vulkanLoader, ...mesaDrivers }),
    onnxRuntime: () => {
      throw usageError("library-missing", message);
    },
  });
  expect(machine.onnxRuntime).toBeNull();
  expect(machine.failure).toBe(message);
  expect(machine.devices.some((device) => device.available)).toBe(false);
  expect(find(machine, "cpu").reason).toBe(message);
});
