import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MacSdk } from "./sdk.ts";
import type { Toolchain } from "./toolchain.ts";

/** What a compiler of Swift is told of the SDK. */
export function sdkFlags(sdk: MacSdk, target: string): string[] {
  return [
    ...["-target", target, "-sdk", sdk.path, "-resource-dir", sdk.resources],
    ...["-module-cache-path", sdk.moduleCache],
  ];
}

/** Compiles the native library of a package for a target, up to where all errors are found. */
export function swiftCommand(
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
    ...moduleFolders(root).flatMap((folder) => ["-I", folder]),
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
function moduleFolders(root: string): string[] {
  const system = readdirSync(join(root, "swift"))
    .map((name) => join(root, "swift", name))
    .filter((folder) => existsSync(join(folder, "module.modulemap")));
  const own = cTargets(root).map((name) => {
    const include = join(root, "swift", name, "include");
    if (existsSync(join(include, "module.modulemap"))) return include;
    const folder = join(root, "build", "macos-modules", name);
    const path = join(folder, "module.modulemap");
    const text = `module ${name} {\n  umbrella "${include}"\n  export *\n}\n`;
    // A new time stamp would have the module built again.
    if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, text);
    }
    return folder;
  });
  return [...system, ...own];
}

/** Compiles each C target of a package for a target, without writing anything. */
export function cCommands(
  toolchain: Toolchain,
  sdk: MacSdk,
  target: string,
  root: string,
): string[][] {
  const targets = cTargets(root);
  const includes = targets.flatMap((name) => ["-I", join(root, "swift", name, "include")]);
  return targets.flatMap((name) => {
    const folder = join(root, "swift", name);
    const sources = [...new Bun.Glob("**/*.c").scanSync({ cwd: folder, absolute: true })].sort();
    if (sources.length === 0) return [];
    const flags = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror"];
    const places = ["-target", target, "-isysroot", sdk.path, ...includes];
    return [[toolchain.clang, ...places, ...flags, ...sources]];
  });
}
