/**
 * Builds the native library into `build/`.
 *
 *     bun scripts/build.ts            where it is missing or its sources have changed
 *     bun scripts/build.ts --force    in any case
 *     bun scripts/build.ts --check    builds nothing; exits 1 where a build is needed
 */
import { Database } from "bun:sqlite";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { copyFile, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dir, "..");
const LIBRARY = `libAipNative.${process.platform === "darwin" ? "dylib" : "so"}`;

/** A build takes a minute at most; who waits this long for another one waits for a hung one. */
const LOCK_TIMEOUT_MS = 15 * 60_000;

export interface BuildOptions {
  /** Folder of `Package.swift`; default: this package. */
  readonly root?: string;
  /** Builds even where the library is fresh. */
  readonly force?: boolean;
  /** Told what happens, one line each; default: stderr. */
  readonly onProgress?: (line: string) => void;
}

/** Why the library in `build/` must be built: a sentence, or undefined where it is fresh. */
export function staleness(root: string = ROOT): string | undefined {
  if (!existsSync(join(root, "build", LIBRARY))) return "it is missing";
  const stamp = stampPath(root);
  const built = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  return built === sourceHash(root) ? undefined : "its sources have changed";
}

/**
 * Makes sure that the native library in `build/` is the one its sources make.
 *
 * Freshness is judged by content, so a checkout or a copy that only touches files builds nothing.
 * Processes that call this at once build once; the others wait.
 *
 * @returns the library's path
 * @throws {Error} where there is no Swift, or the build fails
 */
export async function ensureBuilt(options: BuildOptions = {}): Promise<string> {
  const { root = ROOT, force = false, onProgress = (line) => console.error(line) } = options;
  const library = join(root, "build", LIBRARY);
  if (!force && staleness(root) === undefined) return library;

  mkdirSync(join(root, "build"), { recursive: true });
  // SQLite's file lock: held while the transaction is open, released by the system if we die.
  using lock = new Database(join(root, "build", "lock.sqlite"), { create: true });
  lock.run(`PRAGMA busy_timeout = ${LOCK_TIMEOUT_MS}`);
  lock.run("BEGIN EXCLUSIVE");
  const reason = force ? "as told" : staleness(root);
  if (reason !== undefined) await build(root, library, reason, onProgress);
  return library;
}

async function build(
  root: string,
  library: string,
  reason: string,
  onProgress: (line: string) => void,
): Promise<void> {
  const swift = Bun.which("swift");
  if (swift === null) {
    throw new Error('The native library needs Swift, which is missing: run "sh scripts/setup.sh"');
  }
  onProgress(`building    ${relative(process.cwd(), library)} (${reason})`);
  const startedMs = performance.now();
  // Before the build: a source that changes meanwhile leaves the library stale.
  const hash = sourceHash(root);
  const flags = ["build", "-c", "release", "--product", "AipNative"];
  // The library carries its Swift runtime, so that it needs only what every Linux has. (Through
  // swiftc: SwiftPM's own --static-swift-stdlib leaves dynamic libraries as they are.)
  if (process.platform === "linux") flags.push("-Xswiftc", "-static-stdlib");
  const child = Bun.spawn([swift, ...flags], { cwd: root, stdout: 2, stderr: 2 });
  const status = await child.exited;
  if (status !== 0) throw new Error(`"swift ${flags.join(" ")}" failed with status ${status}`);

  await rm(stampPath(root), { force: true });
  // By rename: a process that has the old library open keeps it whole.
  await copyFile(join(root, ".build", "release", LIBRARY), `${library}.new`);
  await rename(`${library}.new`, library);
  await writeFile(stampPath(root), hash);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const megabytes = (statSync(library).size / 1e6).toFixed(1);
  onProgress(`built       ${relative(process.cwd(), library)} (${megabytes} MB, ${seconds} s)`);
}

function stampPath(root: string): string {
  return join(root, "build", `${LIBRARY}.sources`);
}

/** SHA-256 over the names and contents of everything the library is made of. */
function sourceHash(root: string): string {
  const hash = new Bun.CryptoHasher("sha256");
  hash.update(`${process.platform}-${process.arch}\n`);
  for (const path of sourcePaths(root)) {
    const bytes = readFileSync(join(root, path));
    hash.update(`${path}\n${bytes.length}\n`);
    hash.update(bytes);
  }
  return hash.digest("hex");
}

function sourcePaths(root: string): string[] {
  const swift = readdirSync(join(root, "swift"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !/^swift\/(\w+Tests|MacStubs)\//.test(path));
  return ["Package.swift", ...swift].sort();
}

if (import.meta.main) {
  const flags = process.argv.slice(2);
  const unknown = flags.find((flag) => flag !== "--force" && flag !== "--check");
  if (unknown !== undefined) {
    console.error(`"${unknown}" is no option of build: known are --force and --check`);
    process.exit(2);
  }
  if (flags.includes("--check")) {
    const reason = staleness();
    console.error(reason === undefined ? `${LIBRARY} is fresh` : `${LIBRARY}: ${reason}`);
    process.exit(reason === undefined ? 0 : 1);
  }
  try {
    await ensureBuilt({ force: flags.includes("--force") });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
