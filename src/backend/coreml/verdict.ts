import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import manifest from "../../../package.json" with { type: "json" };
import { systemBuild } from "./system-build.ts";

/** What became of trying a model on a compute unit, or to compile it. */
export interface Verdict {
  /** `wrong`: its answer is not the CPU's. */
  readonly outcome: "ok" | "failed" | "hung" | "crashed" | "wrong";
  /** For people; empty where all went well. */
  readonly reason: string;
  readonly load_ms: number;
  readonly predict_ms: number;
  /** Whether its answer was compared with the CPU's. */
  readonly compared: boolean;
  /** When it was tried, as ISO 8601. */
  readonly tried: string;
}

const VerdictSchema: v.GenericSchema<unknown, Verdict> = v.object({
  outcome: v.picklist(["ok", "failed", "hung", "crashed", "wrong"]),
  reason: v.string(),
  load_ms: v.number(),
  predict_ms: v.number(),
  compared: v.boolean(),
  tried: v.string(),
});

/** What a verdict holds for; another system, chip or version of this program may fare differently. */
export interface VerdictKey {
  /** `ane`, `gpu` or `cpu`; `compile` where the compiler was tried. */
  readonly unit: string;
  readonly options: string;
  /** Of the pictures it takes, such as `640x384`, with their number where that is above 1; empty for the compiler. */
  readonly inputSize: string;
  /** Build of the system. */
  readonly system: string;
  /** Name of the processor. */
  readonly chip: string;
  readonly aip: string;
}

/** The key of what is found on this system, by this version. */
export function verdictKey(key: Omit<VerdictKey, "system" | "aip">): VerdictKey {
  return { ...key, system: systemBuild(), aip: manifest.version };
}

/** Path of the file a verdict is kept in: in the folder of its model, or `prefix` tells which. */
export function verdictPath(folder: string, key: VerdictKey, prefix = ""): string {
  const hash = new Bun.CryptoHasher("sha256").update(JSON.stringify(key)).digest("hex");
  return join(folder, `${prefix}verdict-${key.unit}-${hash.slice(0, 12)}.json`);
}

/** Keeps a verdict for the next time. */
export async function writeVerdict(path: string, verdict: Verdict): Promise<void> {
  await writeFile(path, `${JSON.stringify(verdict, null, 2)}\n`);
}

/** For whoever wants it tried once more. */
export function keptIn(path: string): string {
  return `kept in "${path}": remove it to try again`;
}

/** The verdict of an earlier try, or null where there is none that can be read. */
export async function readVerdict(path: string): Promise<Verdict | null> {
  try {
    const result = v.safeParse(VerdictSchema, JSON.parse(await readFile(path, "utf8")));
    return result.success ? result.output : null;
  } catch {
    // Missing, or cut short by a crash: it is tried again.
    return null;
  }
}
