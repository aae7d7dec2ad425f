import { freemem, totalmem } from "node:os";
import packageJson from "../../package.json" with { type: "json" };
import type { Machine } from "../backend/discover.ts";
import type { SystemCommand } from "../backend/system-command.ts";
import type { SystemView } from "../backend/system-view.ts";
import { AipError } from "../errors.ts";
import { LAYOUT_HASH } from "../layout/layout.gen.ts";
import { libraryPath, libraryVersion } from "../native/library.ts";

/** What the machine is. */
export interface SystemState {
  /** Model of the processor: `Apple M2 Pro`. */
  readonly chip: string;
  readonly arch: string;
  readonly cores: number;
  /** `macOS 15.1`, `Debian GNU/Linux 12 (bookworm)`. */
  readonly os: string;
  /** Whether it is a virtual machine; null where it does not say. */
  readonly virtual: boolean | null;
  readonly memory_bytes: number;
  readonly memory_free_bytes: number;
}

/** What runs, by version; null where it is missing. */
export interface VersionState {
  readonly aip: string;
  readonly bun: string;
  /** Of the native library. */
  readonly library: string | null;
  /** Hash of the binary definition that both must have been built with. */
  readonly layout: string;
  readonly onnxruntime: string | null;
}

/** The native library: where it is, and why it cannot be used. */
export interface LibraryState {
  readonly path: string;
  /** Null where it can. */
  readonly failure: string | null;
}

/** Asks the machine what it is. */
export async function inspectSystem(
  system: SystemView,
  command: SystemCommand,
): Promise<SystemState> {
  const { platform, arch, cpuModel, coreCount } = system;
  const [os, virtual] =
    platform === "darwin"
      ? await Promise.all([macName(command), isMacVirtual(command)])
      : [linuxName(system), isLinuxVirtual(system)];
  return {
    chip: cpuModel,
    arch,
    cores: coreCount,
    os,
    virtual,
    memory_bytes: totalmem(),
    memory_free_bytes: freemem(),
  };
}

/** Versions of what runs, and whether the native library can be used. */
export function inspectVersions(machine: Machine): {
  readonly versions: VersionState;
  readonly library: LibraryState;
} {
  let library: string | null = null;
  let failure: string | null = null;
  try {
    library = libraryVersion();
  } catch (error) {
    if (!(error instanceof AipError)) throw error;
    failure = error.message;
  }
  return {
    versions: {
      aip: packageJson.version,
      bun: Bun.version,
      library,
      layout: LAYOUT_HASH.toString(16).padStart(8, "0"),
      onnxruntime: machine.onnxRuntime?.version ?? null,
    },
    library: { path: libraryPath(), failure },
  };
}

async function macName(command: SystemCommand): Promise<string> {
  const version = (await command(["sw_vers", "-productVersion"]))?.trim();
  return version === undefined ? "macOS" : `macOS ${version}`;
}

async function isMacVirtual(command: SystemCommand): Promise<boolean | null> {
  const text = (await command(["sysctl", "-n", "kern.hv_vmm_present"]))?.trim();
  return text === undefined || text === "" ? null : text === "1";
}

/** os-release(5). */
function linuxName({ read }: SystemView): string {
  const name = /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(read("/etc/os-release") ?? "")?.[1];
  return name ?? "Linux";
}

/** The processor flag that hypervisors set (CPUID 1, ECX bit 31); ARM has none. */
function isLinuxVirtual({ read, arch }: SystemView): boolean | null {
  if (arch !== "x64") return null;
  const flags = /^flags\s*:(.*)$/m.exec(read("/proc/cpuinfo") ?? "")?.[1];
  return flags === undefined ? null : /\bhypervisor\b/.test(flags);
}
