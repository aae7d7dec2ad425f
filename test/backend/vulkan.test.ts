import { expect, test } from "bun:test";
import { inspectVulkan } from "../../src/backend/vulkan.ts";
import { fakeSystem, mesaDrivers, vulkanLoader } from "./fake-system.ts";

const intelGpu = {
  "/dev/dri/renderD128": "",
  "/sys/class/drm/renderD128/device/vendor": "0x8086\n",
};

test("inspectVulkan() finds a GPU with its driver", () => {
  const state = inspectVulkan(fakeSystem({ ...vulkanLoader, ...mesaDrivers, ...intelGpu }));
  expect(state.level).toBe("hardware");
  expect(state.name).toBe("Intel GPU");
  expect(state.environment).toEqual({});
});

test("inspectVulkan() finds an NVIDIA GPU by its device node", () => {
  const nvidia = { "/dev/nvidia0": "", "/usr/share/vulkan/icd.d/nvidia_icd.json": "{}" };
  const state = inspectVulkan(fakeSystem({ ...vulkanLoader, ...nvidia }));
  expect(state).toMatchObject({ level: "hardware", name: "NVIDIA GPU" });
});

test("inspectVulkan() falls back to the software driver and names it to the loader", () => {
  const state = inspectVulkan(fakeSystem({ ...vulkanLoader, ...mesaDrivers }));
  expect(state.level).toBe("software");
  expect(state.name).toBe("llvmpipe");
  expect(state.reason).toBe("no GPU is visible to this machine");
  expect(state.environment["VK_ICD_FILENAMES"]).toBe("/usr/share/vulkan/icd.d/lvp_icd.json");
  expect(state.environment["XDG_RUNTIME_DIR"]).not.toBeEmpty();
});

test("inspectVulkan() leaves the user's own variables alone", () => {
  const icd = "/opt/lvp_icd.x86_64.json";
  const environment = { VK_ICD_FILENAMES: icd, XDG_RUNTIME_DIR: "/run/user/1000" };
  const state = inspectVulkan(fakeSystem({ ...vulkanLoader, [icd]: "{}" }, { environment }));
  expect(state.level).toBe("software");
  expect(state.environment).toEqual({});
});

test("inspectVulkan() names the driver that a GPU lacks", () => {
  const nvidia = { "/dev/nvidia0": "" };
  const state = inspectVulkan(fakeSystem({ ...vulkanLoader, ...mesaDrivers, ...nvidia }));
  expect(state.level).toBe("software");
  expect(state.reason).toBe("the NVIDIA GPU has no Vulkan driver");
  expect(state.remedy).toBe("install the Vulkan driver of the NVIDIA GPU");
});

test("inspectVulkan() says what to install where there is no driver, or no loader", () => {
  expect(inspectVulkan(fakeSystem(vulkanLoader))).toMatchObject({
    level: "none",
    reason: "no GPU is visible to this machine",
    remedy: "install a Vulkan driver, for example the package mesa-vulkan-drivers",
  });
  expect(inspectVulkan(fakeSystem(mesaDrivers))).toMatchObject({
    level: "none",
    reason: "the Vulkan loader libvulkan.so.1 is not installed",
    remedy: "install the package libvulkan1",
  });
});

test("inspectVulkan() looks for the loader in LD_LIBRARY_PATH too", () => {
  const system = fakeSystem(
    { "/opt/vulkan/libvulkan.so.1": "", ...mesaDrivers },
    { environment: { LD_LIBRARY_PATH: "/opt/other:/opt/vulkan" } },
  );
  expect(inspectVulkan(system).level).toBe("software");
});
