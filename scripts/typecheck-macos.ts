/**
 * Checks on Linux that the native library's sources compile for macOS: names, types, labels,
 * optionality and availability of all they use of Apple's frameworks.
 *
 *     bun scripts/typecheck-macos.ts
 *
 * The frameworks are those of `swift/MacStubs`; a Mac's own compiler has the last word.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cCommands, sdkFlags, swiftCommand } from "./macos/commands.ts";
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
  // Side by side: the processors share none of what is made of the SDK.
  const complaints = architectures.map(async (architecture) => {
    const target = macTarget(architecture, macosMin);
    await probe(toolchain, sdk, target);
    const said: string[] = [];
    for (const command of [
      swiftCommand(toolchain, sdk, target, root, languageMode),
      ...cCommands(toolchain, sdk, target, root),
    ]) {
      const complaint = await run(command);
      if (complaint !== "") said.push(`${complaint}(for ${target})\n`);
    }
    return said;
  });
  return (await Promise.all(complaints)).flat();
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
  const source = join(sdk.path, `probe-${target}.swift`);
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
  const [option] = process.argv.slice(2);
  if (option !== undefined) {
    console.error(`"${option}" is no option of typecheck-macos: it has none`);
    process.exit(2);
  }
  try {
    const complaints = await typecheckMac();
    for (const complaint of complaints) process.stderr.write(complaint);
    process.exitCode = complaints.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
