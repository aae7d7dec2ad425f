/**
 * Checks that nothing of the tests' Core ML (swift/StandIn) is shipped: neither in the library of
 * `build/`, which is built first where it is stale, nor among the files of the package.
 *
 *     bun scripts/check-shipped.ts      exits 1 and names what must go
 */
import { join } from "node:path";
import { ensureBuilt } from "./build.ts";

const ROOT = join(import.meta.dir, "..");

/** Every build of the stand-in has symbols of its exports and of its shared module. */
const SYMBOL = /aip_standin_\w+|\S*StandInRuntime\S*/;

/** What every file of the stand-in, or of a build of it, has in its path. */
const FILE = /stand-?in/i;

/** Most findings listed: the first ones tell what happened. */
const FINDING_COUNT_MAX = 10;

/** The stand-in's symbols in a native library, as `nm` shows them. */
export async function standInSymbols(library: string): Promise<string[]> {
  const listed = await Promise.all(symbolCommands(library).map((command) => run(command, ROOT)));
  const lines = listed.flatMap((text) => text.split("\n"));
  const found = lines.flatMap((line) => SYMBOL.exec(line)?.[0] ?? []);
  return [...new Set(found)].slice(0, FINDING_COUNT_MAX);
}

/**
 * What lists all symbols of a library: an ELF file has a second table for those it exports, which
 * stripping leaves alone. A Mach-O file has one table, and nm fails where it is asked for the other.
 */
export function symbolCommands(
  library: string,
  platform: string = process.platform,
): readonly (readonly string[])[] {
  const all = ["nm", library];
  return platform === "darwin" ? [all] : [all, ["nm", "-D", library]];
}

/** The stand-in's files among those that `bun pm pack` would put into the package at `root`. */
export async function standInFiles(root: string = ROOT): Promise<string[]> {
  const listed = await run([process.execPath, "pm", "pack", "--dry-run", "--ignore-scripts"], root);
  const paths = listed.split("\n").flatMap((line) => /^packed \S+ (.+)$/.exec(line)?.[1] ?? []);
  if (paths.length === 0) throw new Error("bun pm pack listed no file");
  return paths.filter((path) => FILE.test(path)).slice(0, FINDING_COUNT_MAX);
}

async function run(command: readonly string[], cwd: string): Promise<string> {
  const child = Bun.spawn([...command], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  if ((await child.exited) !== 0)
    throw new Error(`"${command.join(" ")}" failed: ${errors.trim()}`);
  return output;
}

if (import.meta.main) {
  const library = await ensureBuilt();
  const symbols = await standInSymbols(library);
  const files = await standInFiles();
  for (const symbol of symbols) console.error(`${library} has ${symbol}: it is the stand-in's`);
  for (const file of files) console.error(`the package has ${file}: it is the stand-in's`);
  process.exit(symbols.length + files.length === 0 ? 0 : 1);
}
