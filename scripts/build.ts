/**
 * Builds the native library into `build/`.
 *
 *     bun scripts/build.ts            where it is missing or its sources have changed
 *     bun scripts/build.ts --force    in any case
 *     bun scripts/build.ts --check    builds nothing; exits 1 where a build is needed
 *     bun scripts/build.ts --standin  the library for tests, `build/standin/`: with a Core ML of our
 *                                     own that computes (Linux only; see swift/StandIn/README.md)
 */
import { Database } from "bun:sqlite";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { copyFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { finishLibrary } from "./macos/finish-library.ts";

const ROOT = join(import.meta.dir, "..");
const LIBRARY = `libAipNative.${process.platform === "darwin" ? "dylib" : "so"}`;

/** A build takes a minute at most; who waits this long for another one waits for a hung one. */
const LOCK_TIMEOUT_MS = 15 * 60_000;

export interface BuildOptions {
  /** Folder of `Package.swift`; default: this package. */
  readonly root?: string;
  /** Builds even where the library is fresh. */
  readonly force?: boolean;
  /** The library for tests, with the Core ML that computes on Linux; never shipped. */
  readonly standIn?: boolean;
  /** Told what happens, one line each; default: stderr. */
  readonly onProgress?: (line: string) => void;
}

/** Where the library for tests with a Core ML of our own is built. */
export const STANDIN_LIBRARY: string = libraryPath(ROOT, true);

/** Why a library in `build/` must be built: a sentence, or undefined where it is fresh. */
export function staleness(root: string = ROOT, standIn = false): string | undefined {
  const library = libraryPath(root, standIn);
  if (!existsSync(library)) return "it is missing";
  const stamp = stampPath(library);
  const built = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  return built === sourceHash(root, standIn) ? undefined : "its sources have changed";
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
  const { root = ROOT, force = false, standIn = false } = options;
  const { onProgress = (line: string): void => console.error(line) } = options;
  if (standIn && process.platform !== "linux") {
    throw new Error("A Core ML of our own is for Linux: this system has Apple's");
  }
  const library = libraryPath(root, standIn);
  if (!force && staleness(root, standIn) === undefined) return library;

  const folder = dirname(library);
  mkdirSync(folder, { recursive: true });
  // SQLite's file lock: held while the transaction is open, released by the system if we die.
  using lock = new Database(join(folder, "lock.sqlite"), { create: true });
  lock.run(`PRAGMA busy_timeout = ${LOCK_TIMEOUT_MS}`);
  lock.run("BEGIN EXCLUSIVE");
  const reason = force ? "as told" : staleness(root, standIn);
  if (reason !== undefined) await build({ root, library, standIn, reason, onProgress });
  return library;
}

interface Build extends Required<Pick<BuildOptions, "root" | "standIn" | "onProgress">> {
  readonly library: string;
  readonly reason: string;
}

async function build({ root, library, standIn, reason, onProgress }: Build): Promise<void> {
  const swift = Bun.which("swift");
  if (swift === null) {
    throw new Error('The native library needs Swift, which is missing: run "sh scripts/setup.sh"');
  }
  onProgress(`building    ${relative(process.cwd(), library)} (${reason})`);
  const startedMs = performance.now();
  // Before the build: a source that changes meanwhile leaves the library stale.
  const hash = sourceHash(root, standIn);
  const scratch = join(root, ".build", ...(standIn ? ["standin"] : []));
  const flags = ["build", "-c", "release", "--product", "AipNative", "--scratch-path", scratch];
  // The library carries its Swift runtime, so that it needs only what every Linux has. (Through
  // swiftc: SwiftPM's own --static-swift-stdlib leaves dynamic libraries as they are.) The one for
  // tests runs where it was built, and links Foundation besides.
  if (process.platform === "linux" && !standIn) flags.push("-Xswiftc", "-static-stdlib");
  const child = Bun.spawn([swift, ...flags], {
    cwd: root,
    stdout: 2,
    stderr: 2,
    env: { ...process.env, AIP_COREML_STANDIN: standIn ? "1" : "0" },
  });
  const status = await child.exited;
  if (status !== 0) throw new Error(`"swift ${flags.join(" ")}" failed with status ${status}`);

  const stamp = stampPath(library);
  await rm(stamp, { force: true });
  // By rename: a process that has the old library open keeps it whole.
  await copyFile(join(scratch, "release", LIBRARY), `${library}.new`);
  if (process.platform === "darwin") await finishLibrary(`${library}.new`);
  await rename(`${library}.new`, library);
  await writeFile(stamp, hash);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const megabytes = (statSync(library).size / 1e6).toFixed(1);
  onProgress(`built       ${relative(process.cwd(), library)} (${megabytes} MB, ${seconds} s)`);
}

function libraryPath(root: string, standIn: boolean): string {
  return join(root, "build", ...(standIn ? ["standin"] : []), LIBRARY);
}

function stampPath(library: string): string {
  return `${library}.sources`;
}

/** SHA-256 over the names and contents of everything a library is made of. */
function sourceHash(root: string, standIn: boolean): string {
  const hash = new Bun.CryptoHasher("sha256");
  hash.update(`${process.platform}-${process.arch}\n`);
  for (const path of sourcePaths(root, standIn)) {
    const bytes = readFileSync(join(root, path));
    hash.update(`${path}\n${bytes.length}\n`);
    hash.update(bytes);
  }
  return hash.digest("hex");
}

function sourcePaths(root: string, standIn: boolean): string[] {
  const others = standIn
    ? /^swift\/(\w+Tests|MacStubs)\//
    : /^swift\/(\w+Tests|MacStubs|StandIn)\//;
  const swift = readdirSync(join(root, "swift"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !others.test(path));
  return ["Package.swift", ...swift].sort();
}

if (import.meta.main) {
  const flags = process.argv.slice(2);
  const unknown = flags.find((flag) => !["--force", "--check", "--standin"].includes(flag));
  if (unknown !== undefined) {
    console.error(`"${unknown}" is no option of build: known are --force, --check and --standin`);
    process.exit(2);
  }
  const standIn = flags.includes("--standin");
  if (flags.includes("--check")) {
    const reason = staleness(ROOT, standIn);
    console.error(reason === undefined ? `${LIBRARY} is fresh` : `${LIBRARY}: ${reason}`);
    process.exit(reason === undefined ? 0 : 1);
  }
  try {
    await ensureBuilt({ force: flags.includes("--force"), standIn });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
