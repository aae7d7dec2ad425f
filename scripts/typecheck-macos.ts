/**
 * Checks on Linux that the native library's sources compile for macOS: names, types, labels,
 * optionality and availability of all they use of Apple's frameworks.
 *
 *     bun scripts/typecheck-macos.ts
 *
 * The frameworks are those of `swift/MacStubs`; a Mac's own compiler has the last word.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ARCHITECTURES, assembleSdk, type MacSdk, macTarget } from "./macos/sdk.ts";
import type { MacArchitecture } from "./macos/standard-library.ts";
import { findToolchain, onnxRuntimeHeaders, type Toolchain } from "./macos/toolchain.ts";

const ROOT = join(import.meta.dir, "..");

/** The toolchain this was written with; others are tried, and blamed where they fail. */
const SWIFT_VERSION_KNOWN = "6.0.3";

export interface MacCheckOptions {
  /** Folder of `Package.swift`; default: this package. */
  readonly root?: string;
  /** Folder that keeps the SDK; default: `build/macos-sdk` of this package. */
  readonly cache?: string;
  readonly architectures?: readonly MacArchitecture[];
}

/**
 * Checks `swift/AipNative` and the C targets of a package, as they are built on a Mac.
 *
 * @returns what the compilers say, one text for each that complains; empty where all is well
 * @throws {Error} where the check itself cannot be made
 */
export async function typecheckMac(options: MacCheckOptions = {}): Promise<string[]> {
  const { root = ROOT, architectures = ARCHITECTURES } = options;
  const { languageMode, macosMin } = readManifest(root);
  const toolchain = findToolchain();
  const sdk = assembleSdk({
    toolchain,
    stubs: join(ROOT, "swift", "MacStubs"),
    onnxRuntime: onnxRuntimeHeaders(),
    macosMin,
    cache: options.cache ?? join(ROOT, "build", "macos-sdk"),
  });
  const complaints: string[] = [];
  for (const architecture of architectures) {
    const target = macTarget(architecture, macosMin);
    await probe(toolchain, sdk, target);
    for (const command of [
      swiftCommand(toolchain, sdk, target, root, languageMode),
      ...cCommands(toolchain, sdk, target, root),
    ]) {
      const complaint = await run(command);
      if (complaint !== "") complaints.push(`${complaint}(for ${target})\n`);
    }
  }
  return complaints;
}

/** What `Package.swift` says of the language and the oldest macOS. */
function readManifest(root: string): { languageMode: string; macosMin: string } {
  const manifest = readFileSync(join(root, "Package.swift"), "utf8");
  const tools = /^\/\/ swift-tools-version:\s*(\d+)/.exec(manifest)?.[1];
  const major = /\.macOS\(\.v(\d+)\)/.exec(manifest)?.[1];
  if (tools === undefined || major === undefined) {
    throw new Error("Package.swift must begin with its tools version and name .macOS(.vN)");
  }
  return { languageMode: tools, macosMin: `${major}.0` };
}

/** Makes the SDK's modules, so that a failure there is told from one of the sources. */
async function probe(toolchain: Toolchain, sdk: MacSdk, target: string): Promise<void> {
  const source = join(sdk.path, "probe.swift");
  writeFileSync(source, sdk.frameworks.map((name) => `import ${name}\n`).join(""));
  const flags = [...sdkFlags(sdk, target), "-parse-as-library", source];
  const complaint = await run([toolchain.swiftc, "-frontend", "-typecheck", ...flags]);
  if (complaint === "") return;
  const known = toolchain.version.includes(` ${SWIFT_VERSION_KNOWN} `)
    ? ""
    : ` (known to work: ${SWIFT_VERSION_KNOWN})`;
  throw new Error(
    `${toolchain.version}${known} cannot make modules for ${target}: ${complaint.trim()}`,
  );
}

function sdkFlags(sdk: MacSdk, target: string): string[] {
  return [
    ...["-target", target, "-sdk", sdk.path, "-resource-dir", sdk.resources],
    ...["-module-cache-path", sdk.moduleCache],
  ];
}

function swiftCommand(
  toolchain: Toolchain,
  sdk: MacSdk,
  target: string,
  root: string,
  languageMode: string,
): string[] {
  const folder = join(root, "swift", "AipNative");
  const sources = [...new Bun.Glob("**/*.swift").scanSync({ cwd: folder, absolute: true })].sort();
  return [
    // To SIL and not only through the type checker: a missing return is found there.
    ...[toolchain.swiftc, "-frontend", "-emit-sil", "-o", "/dev/null"],
    ...[...sdkFlags(sdk, target), "-module-name", "AipNative", "-parse-as-library"],
    ...["-swift-version", languageMode, "-warnings-as-errors"],
    ...moduleFolders(root, sdk).flatMap((folder) => ["-I", folder]),
    ...sources,
  ];
}

/** C targets of the package: their headers lie in `include`. */
function cTargets(root: string): string[] {
  return readdirSync(join(root, "swift"))
    .filter((name) => existsSync(join(root, "swift", name, "include")))
    .sort();
}

/** Folders with a module map for each C module; where the package has none, SwiftPM makes it. */
function moduleFolders(root: string, sdk: MacSdk): string[] {
  const system = readdirSync(join(root, "swift"))
    .map((name) => join(root, "swift", name))
    .filter((folder) => existsSync(join(folder, "module.modulemap")));
  const own = cTargets(root).map((name) => {
    const include = join(root, "swift", name, "include");
    if (existsSync(join(include, "module.modulemap"))) return include;
    const folder = join(sdk.path, "targets", Bun.hash(include).toString(16));
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "module.modulemap"),
      `module ${name} {\n  umbrella "${include}"\n  export *\n}\n`,
    );
    return folder;
  });
  return [...system, ...own];
}

function cCommands(toolchain: Toolchain, sdk: MacSdk, target: string, root: string): string[][] {
  const targets = cTargets(root);
  const includes = targets.flatMap((name) => ["-I", join(root, "swift", name, "include")]);
  return targets.flatMap((name) => {
    const folder = join(root, "swift", name);
    const sources = [...new Bun.Glob("**/*.c").scanSync({ cwd: folder, absolute: true })].sort();
    const flags = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror"];
    return sources.length === 0
      ? []
      : [
          [
            ...[toolchain.clang, "-target", target, "-isysroot", sdk.path],
            ...[...flags, ...includes, ...sources],
          ],
        ];
  });
}

/** What a compiler prints; empty where it has nothing to say. */
async function run(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, errors, status] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  if (status === 0) return "";
  return output + errors || `${command[0]} ended with status ${status}\n`;
}

if (import.meta.main) {
  try {
    const complaints = await typecheckMac();
    for (const complaint of complaints) process.stderr.write(complaint);
    process.exitCode = complaints.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
