import type { SystemView } from "../../src/backend/system-view.ts";

/** A machine made of a list of files (with their text) and variables. */
export function fakeSystem(
  files: Readonly<Record<string, string>>,
  more: Partial<SystemView> = {},
): SystemView {
  const paths = Object.keys(files);
  return {
    platform: "linux",
    arch: "x64",
    environment: {},
    cpuModel: "Test CPU",
    coreCount: 4,
    exists: (path) => paths.some((file) => file === path || file.startsWith(`${path}/`)),
    list: (folder) => {
      const inside = paths.filter((file) => file.startsWith(`${folder}/`));
      return [...new Set(inside.map((file) => file.slice(folder.length + 1).split("/")[0] ?? ""))];
    },
    read: (path) => files[path],
    ...more,
  };
}

/** Files of a Linux machine with the Vulkan loader. */
export const vulkanLoader: Record<string, string> = {
  "/usr/lib/x86_64-linux-gnu/libvulkan.so.1": "",
};

/** Files of Mesa's drivers, as Debian installs them. */
export const mesaDrivers: Record<string, string> = {
  "/usr/share/vulkan/icd.d/intel_icd.json": "{}",
  "/usr/share/vulkan/icd.d/lvp_icd.json": "{}",
  "/usr/share/vulkan/icd.d/radeon_icd.json": "{}",
};
