import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";
import packageJson from "../package.json" with { type: "json" };
import { libraryVersion, onnxInfo } from "../src/native/library.ts";

/** What the figures were measured on, and with. */
export interface Machine {
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  /** Load average of the last minute before the start: above 0 others were at work. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** Looks at this machine and asks every part for its version. */
export function describeMachine(): Machine {
  return {
    system: `${platform()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    versions: {
      aip: packageJson.version,
      bun: Bun.version,
      native: libraryVersion(),
      onnxruntime: onnxInfo().version,
      mitata: packageJson.devDependencies.mitata,
    },
  };
}
