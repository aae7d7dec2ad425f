/**
 * Runs the built-in demo on every device and keeps what comes out under `runs/`. Builds the native
 * library first where it is missing or stale. Flags of `aip run` may follow.
 *
 *     bun run pipeline
 *     bun run pipeline --frames 100 --device cpu
 */
import { existsSync, mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { runCommandLine } from "../src/cli/command-line.ts";
import { ensureBuilt } from "./build.ts";

/** Makes the first free folder `demo-1`, `demo-2`… */
function makeRunFolder(parent: string): string {
  for (let number = 1; ; number++) {
    const folder = join(parent, `demo-${number}`);
    if (existsSync(folder)) continue;
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}

await ensureBuilt();
const folder = makeRunFolder("runs");
const given = process.argv.slice(2);
const namesDevices = given.some((word) => /^--device(=|$)/.test(word));
const code = await runCommandLine([
  "run",
  "demo",
  ...(namesDevices ? [] : ["--device", "all"]),
  ...["--annotate", join(folder, "annotated.mp4")],
  ...["--output", join(folder, "results.ndjson")],
  ...["--report", join(folder, "report.json")],
  ...given,
]);
if (readdirSync(folder).length === 0) rmdirSync(folder); // The run did not start.
process.exit(code);
