import { expect, test } from "bun:test";
import { availableCores, localSystem } from "../../src/backend/system-view.ts";

const cores = (affinity: number, files: Record<string, string>): number =>
  availableCores(affinity, (path) => files[path]);

test("availableCores() is the affinity mask where no control group limits it", () => {
  expect(cores(8, {})).toBe(8);
  expect(cores(8, { "/sys/fs/cgroup/cpu.max": "max 100000\n" })).toBe(8);
});

test("availableCores() follows the quota of cgroup v2", () => {
  expect(cores(8, { "/sys/fs/cgroup/cpu.max": "200000 100000\n" })).toBe(2);
  expect(cores(8, { "/sys/fs/cgroup/cpu.max": "350000 100000\n" })).toBe(3);
  expect(cores(2, { "/sys/fs/cgroup/cpu.max": "400000 100000\n" })).toBe(2);
});

test("availableCores() is never below 1", () => {
  expect(cores(8, { "/sys/fs/cgroup/cpu.max": "50000 100000\n" })).toBe(1);
});

test("availableCores() follows the quota of cgroup v1", () => {
  const period = { "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n" };
  expect(cores(8, { ...period, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000\n" })).toBe(4);
  expect(cores(8, { ...period, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n" })).toBe(8);
});

test("localSystem() reads files and folders, and takes missing ones as empty", () => {
  const system = localSystem();
  expect(system.coreCount).toBeGreaterThanOrEqual(1);
  expect(system.exists(import.meta.path)).toBe(true);
  expect(system.list(import.meta.dir)).toContain("system-view.test.ts");
  expect(system.list("/no/such/folder")).toEqual([]);
  expect(system.read("/no/such/file")).toBeUndefined();
});
