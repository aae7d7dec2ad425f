import type { Machine, MachineDevice } from "../../src/backend/discover.ts";

/** A device that is there, unless told otherwise. */
export function fakeDevice(kind: string, more: Partial<MachineDevice> = {}): MachineDevice {
  return {
    kind,
    available: true,
    software: false,
    provider: `${kind.toUpperCase()}ExecutionProvider`,
    description: `ONNX Runtime 1.30.0 ${kind}`,
    reason: null,
    remedy: null,
    environment: {},
    ...more,
  };
}

/** Mesa's software Vulkan driver. */
export const softwareGpu: MachineDevice = fakeDevice("gpu", {
  provider: "WebGpuExecutionProvider",
  software: true,
  description: "ONNX Runtime 1.30.0 WebGPU on llvmpipe, software",
  reason: "no GPU is visible to this machine",
  environment: { VK_ICD_FILENAMES: "/usr/share/vulkan/icd.d/lvp_icd.json" },
});

export function fakeMachine(coreCount: number, ...devices: MachineDevice[]): Machine {
  return {
    platform: "linux",
    arch: "x64",
    cpuModel: "Test CPU",
    coreCount,
    onnxRuntime: { version: "1.30.0", path: "/opt/libonnxruntime.so.1", providers: [] },
    failure: null,
    devices: [fakeDevice("cpu"), ...devices],
  };
}
