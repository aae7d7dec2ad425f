import type { Machine, MachineDevice } from "./discover.ts";

/** Kinds that compute on the same GPU, the one to prefer first (TensorRT builds for minutes). */
const GPU_KINDS = ["cuda", "migraphx", "rocm", "gpu", "nvtensorrtrtx", "tensorrt"];

/** What `auto` or `all` stands for. */
export interface Selection {
  readonly devices: readonly MachineDevice[];
  /** Sentences for the user: what was left out, and why. */
  readonly notes: readonly string[];
}

/**
 * The devices of a machine that help a run together: the CPU, the Neural Engine and one way to the
 * GPU. Left out are a GPU computed by the CPU, unless `software` is wished for, and providers that
 * compute where a chosen one computes already; both can be named.
 */
export function selectDevices(machine: Machine, software: boolean): Selection {
  const available = machine.devices.filter((device) => device.available);
  const hardware = available.filter((device) => !device.software).map((device) => device.kind);
  const gpuKind = GPU_KINDS.find((kind) => hardware.includes(kind));
  const notes: string[] = [];
  const devices = available.filter(({ kind, description, software: isSoftware }) => {
    if (kind === "cpu" || kind === "ane" || kind === gpuKind) return true;
    if (isSoftware && software) return true;
    const reason = isSoftware
      ? "it would only slow the CPU down"
      : `it computes where ${GPU_KINDS.includes(kind) ? gpuKind : "cpu"} does`;
    notes.push(`${kind} (${description}) is left out, as ${reason}; --device ${kind} uses it`);
    return false;
  });
  return { devices, notes };
}
