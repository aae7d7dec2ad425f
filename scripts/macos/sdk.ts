import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import {
  type MacArchitecture,
  STANDARD_MODULES,
  standardInterface,
  stubInterface,
} from "./standard-library.ts";
import { interfacePath, type Toolchain } from "./toolchain.ts";

export const ARCHITECTURES: readonly MacArchitecture[] = ["arm64", "x86_64"];

/** What is left of an assembly that was interrupted goes after this time. */
const ABANDONED_MS = 60 * 60_000;

export interface SdkOptions {
  readonly toolchain: Toolchain;
  /** Folder of the stubs: `*.swiftinterface`, and the C headers in `Darwin`. */
  readonly stubs: string;
  /** Folder that holds ONNX Runtime's headers. */
  readonly onnxRuntime: string;
  /** Such as "14.0". */
  readonly macosMin: string;
  /** Folder that keeps SDKs. */
  readonly cache: string;
}

/** A folder that compilers take for the SDK of macOS. */
export interface MacSdk {
  readonly path: string;
  /** Shims and compiler headers, without the toolchain's own modules for Linux. */
  readonly resources: string;
  /** Where the compiler keeps what it makes of the SDK's text. */
  readonly moduleCache: string;
  /** The frameworks that there are stubs of. */
  readonly frameworks: readonly string[];
}

/**
 * Puts together an SDK of macOS from a Linux toolchain's standard library and our stubs: headers,
 * and modules as text, which the compiler turns into binary ones at their first use.
 *
 * It is kept by the content of all that goes into it, so that nothing stale is ever used; what it
 * was before is removed. Several processes may ask for it at once.
 */
export function assembleSdk(options: SdkOptions): MacSdk {
  const { toolchain, stubs, macosMin, cache } = options;
  const frameworks = readdirSync(stubs)
    .filter((name) => name.endsWith(".swiftinterface"))
    .map((name) => basename(name, ".swiftinterface"))
    .sort();
  const files = new Map<string, string>();
  for (const architecture of ARCHITECTURES) {
    const target = macTarget(architecture, macosMin);
    const put = (module: string, text: string): void => {
      files.set(
        `usr/lib/swift/${module}.swiftmodule/${architecture}-apple-macos.swiftinterface`,
        text,
      );
    };
    for (const module of STANDARD_MODULES) {
      const text = readFileSync(interfacePath(toolchain, module), "utf8");
      put(module, standardInterface(text, module, architecture, target));
    }
    for (const module of frameworks) {
      const text = readFileSync(join(stubs, `${module}.swiftinterface`), "utf8");
      put(module, stubInterface(text, module, target, toolchain.version));
    }
  }
  for (const [name, text] of headers(options)) files.set(`usr/include/${name}`, text);

  const path = join(cache, contentHash(toolchain, files));
  if (!existsSync(path)) write(path, files, toolchain, cache);
  for (const name of readdirSync(cache)) {
    const other = join(cache, name);
    if (other === path || (isPartial(name) && !isAbandoned(other))) continue;
    rmSync(other, { recursive: true, force: true });
  }
  return {
    path,
    resources: join(path, "resources"),
    moduleCache: join(path, "modules"),
    frameworks,
  };
}

/** Such as `arm64-apple-macosx14.0`. */
export function macTarget(architecture: MacArchitecture, macosMin: string): string {
  return `${architecture}-apple-macosx${macosMin}`;
}

/** Path below `usr/include` and text of every C header. */
function headers({ stubs, onnxRuntime }: SdkOptions): [string, string][] {
  const folder = join(stubs, "Darwin");
  const darwin = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".h") || name === "module.modulemap",
  );
  const onnx = readdirSync(onnxRuntime).filter((name) => /^onnxruntime_.*_?c_api\.h$/.test(name));
  return [
    ...darwin.map((name): [string, string] => [name, readFileSync(join(folder, name), "utf8")]),
    ...onnx.map((name): [string, string] => [name, readFileSync(join(onnxRuntime, name), "utf8")]),
  ];
}

function contentHash(toolchain: Toolchain, files: ReadonlyMap<string, string>): string {
  const hash = new Bun.CryptoHasher("sha256");
  hash.update(`${toolchain.version}\n${toolchain.resources}\n`);
  for (const [name, text] of [...files].sort()) hash.update(`${name}\n${text.length}\n${text}`);
  return hash.digest("hex").slice(0, 16);
}

const PARTIAL = "partial-";

function isPartial(name: string): boolean {
  return name.startsWith(PARTIAL);
}

function isAbandoned(path: string): boolean {
  return Date.now() - statSync(path).mtimeMs > ABANDONED_MS;
}

/** By rename, so that an SDK is there whole or not at all. */
function write(
  path: string,
  files: ReadonlyMap<string, string>,
  toolchain: Toolchain,
  cache: string,
): void {
  mkdirSync(cache, { recursive: true });
  const partial = mkdtempSync(join(cache, PARTIAL));
  for (const [name, text] of files) {
    mkdirSync(join(partial, name, ".."), { recursive: true });
    writeFileSync(join(partial, name), text);
  }
  mkdirSync(join(partial, "resources"));
  cpSync(join(toolchain.resources, "shims"), join(partial, "resources", "shims"), {
    recursive: true,
    dereference: true,
  });
  symlinkSync(
    realpathSync(join(toolchain.resources, "clang")),
    join(partial, "resources", "clang"),
  );
  try {
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { recursive: true });
    // Another process was faster.
    if (!existsSync(path)) throw error;
  }
}
