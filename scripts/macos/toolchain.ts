import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** A Swift toolchain, and what of it the check for macOS takes. */
export interface Toolchain {
  readonly swiftc: string;
  readonly clang: string;
  /** Such as "Swift version 6.0.3 (swift-6.0.3-RELEASE)". */
  readonly version: string;
  /** Folder of the compiler's own headers and modules. */
  readonly resources: string;
}

/**
 * The toolchain on the PATH.
 *
 * @throws {Error} where it is missing, or comes without what the check needs
 */
export function findToolchain(): Toolchain {
  const swiftc = Bun.which("swiftc");
  if (swiftc === null) {
    throw new Error('The check needs Swift, which is missing: run "sh scripts/setup.sh"');
  }
  const clang = join(dirname(realpathSync(swiftc)), "clang");
  if (!existsSync(clang))
    throw new Error(`The check needs Swift's clang, which is not at ${clang}`);
  const info = JSON.parse(
    Bun.spawnSync([swiftc, "-print-target-info"], { stderr: "ignore" }).stdout.toString(),
  );
  return {
    swiftc,
    clang,
    version: info.compilerVersion,
    resources: info.paths.runtimeResourcePath,
  };
}

/**
 * Where the toolchain keeps the text of a module of its standard library.
 *
 * @throws {Error} where it comes without
 */
export function interfacePath(toolchain: Toolchain, module: string): string {
  const folder = join(toolchain.resources, "linux", `${module}.swiftmodule`);
  const name = existsSync(folder)
    ? readdirSync(folder).find((name) => /^[^.]+\.swiftinterface$/.test(name))
    : undefined;
  if (name === undefined) {
    throw new Error(
      `This Swift (${toolchain.version}) comes without the text of its module ${module}: no ` +
        `.swiftinterface in ${folder}; Debian's swiftlang 6.0.3 has it`,
    );
  }
  return join(folder, name);
}

/**
 * Folder that holds the headers of ONNX Runtime.
 *
 * @throws {Error} where they are not installed
 */
export function onnxRuntimeHeaders(): string {
  const places = ["/usr/local/include/onnxruntime", "/usr/include/onnxruntime"];
  const found = places.find((place) => existsSync(join(place, "onnxruntime_c_api.h")));
  if (found === undefined) {
    throw new Error('The header of ONNX Runtime is missing: run "sh scripts/setup.sh"');
  }
  return found;
}
