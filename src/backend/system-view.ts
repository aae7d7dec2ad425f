import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";

/** What discovery may look at: files, variables and cores. Tests put another one in its place. */
export interface SystemView {
  readonly platform: string;
  readonly arch: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Model name of the processor, for people. */
  readonly cpuModel: string;
  /** Cores this process may use, as its affinity and its control group say. */
  readonly coreCount: number;
  exists(path: string): boolean;
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): readonly string[];
  /** A small text file, or undefined where it cannot be read. */
  read(path: string): string | undefined;
}

/** The machine this process runs on. */
export function localSystem(): SystemView {
  return {
    platform: process.platform,
    arch: process.arch,
    environment: process.env,
    cpuModel: cpus()[0]?.model.trim() || "unknown processor",
    coreCount: availableCores(availableParallelism(), readText),
    exists: existsSync,
    list: (folder) => {
      try {
        return readdirSync(folder).sort();
      } catch {
        return []; // A folder that is not there, or not ours to read, holds nothing for us.
      }
    },
    read: readText,
  };
}

/**
 * Cores within the affinity mask, cut to the control group's CPU quota, which the mask does not
 * show (Linux: `cpu.max` of cgroup v2, `cpu.cfs_quota_us` of v1). At least 1.
 */
export function availableCores(
  affinityCount: number,
  read: (path: string) => string | undefined,
): number {
  const [quota, period] = (read("/sys/fs/cgroup/cpu.max") ?? "").trim().split(/\s+/);
  const quotaV1 = read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  const periodV1 = read("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  const share =
    period === undefined ? Number(quotaV1) / Number(periodV1) : Number(quota) / Number(period);
  // "max" (v2) and -1 (v1) mean no limit; they end as NaN or a negative number.
  const limit = share > 0 ? Math.max(1, Math.floor(share)) : affinityCount;
  return Math.max(1, Math.min(affinityCount, limit));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
