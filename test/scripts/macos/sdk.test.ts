import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assembleSdk, type MacSdk, type SdkOptions } from "../../../scripts/macos/sdk.ts";
import { STANDARD_MODULES } from "../../../scripts/macos/standard-library.ts";

let root: string;
let options: SdkOptions;

function put(path: string, text: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aip-sdk-"));
  for (const module of STANDARD_MODULES) {
    put(
      `resources/linux/${module}.swiftmodule/x86_64-unknown-linux-gnu.swiftinterface`,
      `// swift-module-flags: -target x86_64-unknown-linux-gnu -module-name ${module}\n`,
    );
  }
  put("resources/shims/module.modulemap", "module SwiftShims {}\n");
  put("resources/clang/include/stddef.h", "");
  put("stubs/CoreML.swiftinterface", "import Swift\n");
  put("stubs/Darwin/sys/stat.h", "// stat\n");
  put("stubs/Darwin/module.modulemap", "module Darwin {}\n");
  put("onnx/onnxruntime_c_api.h", "// C\n");
  put("onnx/onnxruntime_cxx_api.h", "// C++\n");
  options = {
    toolchain: {
      swiftc: "swiftc",
      clang: "clang",
      version: "Swift version 6.0.3",
      resources: join(root, "resources"),
    },
    stubs: join(root, "stubs"),
    onnxRuntime: join(root, "onnx"),
    macosMin: "14.0",
    cache: join(root, "cache"),
  };
});
afterEach(() => rmSync(root, { recursive: true }));

const text = (sdk: MacSdk, name: string): string => readFileSync(join(sdk.path, name), "utf8");

describe("assembleSdk()", () => {
  test("has modules as text for both processors, headers, and the compiler's own", () => {
    const sdk = assembleSdk(options);
    expect(sdk.frameworks).toEqual(["CoreML"]);
    for (const processor of ["arm64", "x86_64"]) {
      for (const module of [...STANDARD_MODULES, "CoreML"]) {
        expect(
          text(sdk, `usr/lib/swift/${module}.swiftmodule/${processor}-apple-macos.swiftinterface`),
        ).toContain(` -target ${processor}-apple-macosx14.0 `);
      }
    }
    expect(text(sdk, "usr/include/sys/stat.h")).toBe("// stat\n");
    expect(text(sdk, "usr/include/onnxruntime_c_api.h")).toBe("// C\n");
    expect(existsSync(join(sdk.path, "usr/include/onnxruntime_cxx_api.h"))).toBe(false);
    expect(existsSync(join(sdk.resources, "shims/module.modulemap"))).toBe(true);
    expect(existsSync(join(sdk.resources, "clang/include/stddef.h"))).toBe(true);
  });

  test("is kept while nothing in it changes, and replaced once something does", () => {
    const first = assembleSdk(options);
    writeFileSync(join(first.path, "mark"), "");
    expect(assembleSdk(options)).toEqual(first);
    expect(existsSync(join(first.path, "mark"))).toBe(true);

    put("stubs/CoreML.swiftinterface", "import Swift\npublic struct MLModel {}\n");
    const second = assembleSdk(options);
    expect(second.path).not.toBe(first.path);
    expect(existsSync(first.path)).toBe(false);
    const toolchain = { ...options.toolchain, version: "Swift version 6.1" };
    expect(assembleSdk({ ...options, toolchain }).path).not.toBe(second.path);
  });

  test("removes what an interrupted assembly left, but not what another one is writing", () => {
    const { path } = assembleSdk(options);
    const [left, written] = [join(options.cache, "partial-1"), join(options.cache, "partial-2")];
    mkdirSync(left);
    mkdirSync(written);
    const yesterday = Date.now() / 1000 - 86_400;
    utimesSync(left, yesterday, yesterday);
    assembleSdk(options);
    expect(
      readdirSync(options.cache)
        .map((name) => join(options.cache, name))
        .sort(),
    ).toEqual([path, written].sort());
  });

  test("names the module whose text the toolchain lacks, and leaves nothing behind", () => {
    rmSync(join(root, "resources/linux/_Concurrency.swiftmodule"), { recursive: true });
    expect(() => assembleSdk(options)).toThrow("comes without the text of its module _Concurrency");
    expect(existsSync(options.cache)).toBe(false);
  });
});
