import { tmpdir } from "node:os";
import type { SystemView } from "./system-view.ts";

/** What Vulkan has to offer on a Linux machine. */
export interface VulkanState {
  /** `hardware`: a GPU with its driver; `software`: only a driver that computes on the CPU. */
  readonly level: "hardware" | "software" | "none";
  /** The driver or GPU, for people: `"llvmpipe"`, `"NVIDIA GPU"`. */
  readonly name: string;
  /** Why there is no better level. */
  readonly reason: string | null;
  /** What the user can do about it. */
  readonly remedy: string | null;
  /** Variables that native code must see before it loads Vulkan. */
  readonly environment: Readonly<Record<string, string>>;
}

const ICD_FOLDERS = [
  "/usr/share/vulkan/icd.d",
  "/etc/vulkan/icd.d",
  "/usr/local/share/vulkan/icd.d",
];
const LIBRARY_FOLDERS = [
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
  "/usr/lib",
  "/usr/local/lib",
  "/lib/x86_64-linux-gnu",
  "/lib/aarch64-linux-gnu",
];
const LOADER = "libvulkan.so.1";
const SOFTWARE_DRIVER = /(^|[^a-z])(lvp|lavapipe|swrast|swiftshader)/;

/** PCI vendors and the drivers (by the names of their ICD files) that serve their GPUs. */
const VENDORS: Readonly<Record<string, { readonly name: string; readonly driver: RegExp }>> = {
  "0x10de": { name: "NVIDIA GPU", driver: /nvidia|nouveau/ },
  "0x1002": { name: "AMD GPU", driver: /radeon|amd/ },
  "0x8086": { name: "Intel GPU", driver: /intel/ },
  "0x1af4": { name: "virtual GPU (virtio)", driver: /virtio|gfxstream/ },
};

/**
 * Finds the GPU that WebGPU can reach through Vulkan on Linux, by looking at files alone: device
 * nodes under `/dev`, PCI vendors under `/sys`, and the loader's manifests of installable drivers
 * (ICDs; Khronos, "Vulkan Loader: Driver Interface", §"Driver Discovery on Linux").
 */
export function inspectVulkan(system: SystemView): VulkanState {
  const remedyHere = "install a Vulkan driver, for example the package mesa-vulkan-drivers";
  if (!hasLoader(system)) {
    return none(`the Vulkan loader ${LOADER} is not installed`, "install the package libvulkan1");
  }
  const icds = listIcds(system);
  const gpu = findGpu(system);
  const driver = gpu === null ? undefined : icds.find((path) => gpu.driver.test(fileName(path)));
  if (gpu !== null && driver !== undefined) {
    return { level: "hardware", name: gpu.name, reason: null, remedy: null, environment: {} };
  }
  const reason =
    gpu === null ? "no GPU is visible to this machine" : `the ${gpu.name} has no Vulkan driver`;
  const software = icds.find((path) => SOFTWARE_DRIVER.test(fileName(path)));
  const remedy = gpu === null ? remedyHere : `install the Vulkan driver of the ${gpu.name}`;
  if (software === undefined) return none(reason, remedy);
  return {
    level: "software",
    name: "llvmpipe",
    reason,
    remedy: gpu === null ? null : remedy,
    environment: softwareEnvironment(system, software),
  };
}

/** With other drivers present the loader could choose one that finds no GPU: name the right one. */
function softwareEnvironment(system: SystemView, icd: string): Record<string, string> {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, XDG_RUNTIME_DIR } = system.environment;
  const environment: Record<string, string> = {};
  if (!VK_ICD_FILENAMES && !VK_DRIVER_FILES) environment["VK_ICD_FILENAMES"] = icd;
  if (!XDG_RUNTIME_DIR) environment["XDG_RUNTIME_DIR"] = tmpdir();
  return environment;
}

function none(reason: string, remedy: string): VulkanState {
  return { level: "none", name: "none", reason, remedy, environment: {} };
}

function hasLoader(system: SystemView): boolean {
  const extra = (system.environment["LD_LIBRARY_PATH"] ?? "").split(":").filter(Boolean);
  return [...extra, ...LIBRARY_FOLDERS].some((folder) => system.exists(`${folder}/${LOADER}`));
}

/** Driver manifests: those named in the environment, or else those in the loader's folders. */
function listIcds(system: SystemView): readonly string[] {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES } = system.environment;
  const named = VK_DRIVER_FILES || VK_ICD_FILENAMES;
  if (named) return named.split(":").filter((path) => system.exists(path));
  return ICD_FOLDERS.flatMap((folder) =>
    system
      .list(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => `${folder}/${name}`),
  );
}

function findGpu(system: SystemView): { readonly name: string; readonly driver: RegExp } | null {
  const nvidia = system.list("/dev").some((name) => /^nvidia\d+$/.test(name));
  if (nvidia) return VENDORS["0x10de"] ?? null;
  for (const node of system.list("/dev/dri").filter((name) => name.startsWith("renderD"))) {
    const id = system.read(`/sys/class/drm/${node}/device/vendor`)?.trim() ?? "";
    return VENDORS[id] ?? { name: "GPU", driver: /^(?!.*(lvp|swrast|swiftshader))/ };
  }
  if (system.exists("/dev/dxg")) return { name: "GPU of the Windows host", driver: /dzn/ };
  return null;
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
