import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { STANDARD_MODULES } from "../../scripts/macos/standard-library.ts";
import { typecheckMac } from "../../scripts/typecheck-macos.ts";

const ROOT = join(import.meta.dir, "../..");
const SCRIPT = join(ROOT, "scripts/typecheck-macos.ts");

/** A package without sources, apart from a C target's header. */
function emptyPackage(): string {
  const folder = mkdtempSync(join(tmpdir(), "aip-mac-"));
  cpSync(join(ROOT, "Package.swift"), join(folder, "Package.swift"));
  mkdirSync(join(folder, "swift", "AipNative"), { recursive: true });
  mkdirSync(join(folder, "swift", "CThing", "include"), { recursive: true });
  writeFileSync(join(folder, "swift/CThing/include/thing.h"), "int thing(int count);\n");
  return folder;
}

let root: string;
beforeEach(() => {
  root = emptyPackage();
});
afterEach(() => rmSync(root, { recursive: true }));

/** What the check says of a Swift file, for one kind of Mac. */
async function swift(text: string, architecture: "arm64" | "x86_64" = "arm64"): Promise<string> {
  writeFileSync(join(root, "swift/AipNative/Source.swift"), text);
  return (await typecheckMac({ root, architectures: [architecture] })).join("");
}

async function c(text: string): Promise<string> {
  writeFileSync(join(root, "swift/CThing/thing.c"), text);
  return swift("");
}

const load = (statements: string, condition = "true"): string => `
  import CoreML

  func open(_ path: String) throws -> MLModel {
    let configuration = MLModelConfiguration()
    configuration.computeUnits = .cpuAndNeuralEngine
    if ${condition} { ${statements} }
    return try MLModel(contentsOf: URL(fileURLWithPath: path), configuration: configuration)
  }
`;

describe.skipIf(process.platform === "darwin")("typecheckMac()", () => {
  // What the compiler makes of the SDK is made at its first use, which takes a while.
  beforeAll(
    async () => {
      const folder = emptyPackage();
      writeFileSync(join(folder, "swift/AipNative/Source.swift"), "import CoreML\n");
      expect(await typecheckMac({ root: folder })).toEqual([]);
      rmSync(folder, { recursive: true });
    },
    { timeout: 300_000 },
  );

  test("names a misspelt API", async () => {
    expect(await swift(load("configuration.computeUnit = .all"))).toContain(
      "value of type 'MLModelConfiguration' has no member 'computeUnit'",
    );
  });

  test("names an API of macOS 15 that no #available guards", async () => {
    const complaint = await swift(load('configuration.functionName = "main"'));
    expect(complaint).toContain("'functionName' is only available in macOS 15.0 or newer");
    expect(complaint).toContain("Source.swift:7:");
    expect(complaint).toContain("(for arm64-apple-macosx14.0)");
  });

  test("names an API of macOS 14.4 guarded for macOS 14 only", async () => {
    const hint = "configuration.optimizationHints.reshapeFrequency = .infrequent";
    expect(await swift(load(hint, "#available(macOS 14.0, *)"))).toContain(
      "'optimizationHints' is only available in macOS 14.4 or newer",
    );
  });

  test("passes the same APIs where #available guards them", async () => {
    const hint = "configuration.optimizationHints.reshapeFrequency = .infrequent";
    expect(await swift(load(hint, "#available(macOS 14.4, *)"))).toBe("");
    const name = 'configuration.functionName = "main"';
    expect(await swift(load(name, "#available(macOS 15.0, *)"))).toBe("");
  });

  test("names a missing argument", async () => {
    const text = `
      import CoreML
      func predict(_ model: MLModel, _ options: MLPredictionOptions) throws {
        _ = try model.prediction(options: options)
      }
    `;
    expect(await swift(text)).toContain("missing argument for parameter 'from' in call");
  });

  test("names an optional that is used as a value, and an error that is not handled", async () => {
    const description = "import CoreML\nfunc names(_ output: MLFeatureDescription) -> [NSNumber] {";
    expect(await swift(`${description} output.multiArrayConstraint.shape }`)).toContain(
      "must be unwrapped",
    );
    const compile = "import CoreML\nfunc compile(_ url: URL) -> URL {";
    expect(await swift(`${compile} MLModel.compileModel(at: url) }`)).toContain(
      "call can throw, but it is not marked with 'try'",
    );
  });

  test("wants unknown cases handled where Apple may add some", async () => {
    const text = (rest: string): string => `
      import CoreML
      func name(_ device: MLComputeDevice) -> String {
        switch device {
        case .cpu: return "cpu"
        case .gpu: return "gpu"
        case .neuralEngine(let engine): return "ane of \\(engine.totalCoreCount) cores"
        ${rest}
        }
      }
    `;
    expect(await swift(text(""))).toContain("may have additional unknown values");
    expect(await swift(text('@unknown default: return "unknown"'))).toBe("");
  });

  test("knows that a synchronous prediction is the asynchronous one inside async functions", async () => {
    const text = `
      import CoreML
      func predict(_ model: MLModel, _ input: any MLFeatureProvider) async throws {
        _ = try model.prediction(from: input, options: MLPredictionOptions())
      }
    `;
    expect(await swift(text)).toContain("expression is 'async' but is not marked with 'await'");
  });

  test("knows a missing return, and which number types a processor has", async () => {
    const half = "func half(_ value: Float) -> Float16 { Float16(value) }";
    expect(await swift(half)).toBe("");
    expect(await swift(half, "x86_64")).toContain("'Float16' is only available in macOS 99.0");
    expect(await swift("func none(_ a: Int) -> Int { if a > 0 { return 1 } }")).toContain(
      "missing return",
    );
  });

  test("reads C headers for macOS, where Linux's are unknown", async () => {
    const text = (module: string, call: string): string =>
      `import ${module}\nimport Darwin\nfunc f() -> Int32 { ${call} }`;
    expect(await swift(text("CThing", "thing(2)"))).toBe("");
    expect(await swift(text("CThing", "thing()"))).toContain("missing argument");
    expect(await swift(text("CThing", "pipe2(nil, 0)"))).toContain("cannot find 'pipe2'");
    expect(await swift(text("Glibc", "0"))).toContain("no such module 'Glibc'");
  });

  test("names what is wrong in a C source, and a function that macOS has not", async () => {
    expect(await c('#include "thing.h"\nint thing(int count) { return count; }\n')).toBe("");
    expect(await c('#include "thing.h"\nint thing(long count) { return 0; }\n')).toContain(
      "conflicting types for 'thing'",
    );
    expect(await c("#include <malloc.h>\n")).toContain("'malloc.h' file not found");
  });
});

describe.skipIf(process.platform === "darwin")("typecheckMac(), where it cannot check", () => {
  /** Runs the check with only the programs of a folder. */
  function withPrograms(folder: string): string {
    const options = JSON.stringify({ root, cache: join(root, "sdk") });
    const code = `import { STANDARD_MODULES } from "../../scripts/macos/standard-library.ts";
import { typecheckMac } from ${JSON.stringify(SCRIPT)};
      try { console.log(await typecheckMac(${options})); } catch (error) { console.log(error.message); }`;
    const child = Bun.spawnSync([process.execPath, "-e", code], { env: { PATH: folder } });
    return child.stdout.toString().trim();
  }

  /** A toolchain that knows itself, and fails whatever it is asked to compile. */
  function toolchain(): string {
    const bin = join(root, "bin");
    mkdirSync(bin);
    const paths = { runtimeResourcePath: join(root, "resources") };
    const info = JSON.stringify({ compilerVersion: "Swift version 9.1 (swift-9.1)", paths });
    writeFileSync(join(bin, "clang"), "");
    writeFileSync(
      join(bin, "swiftc"),
      `#!/bin/sh\n[ "$1" = -print-target-info ] && echo '${info}' && exit\necho 'error: new syntax' >&2; exit 1\n`,
    );
    chmodSync(join(bin, "swiftc"), 0o755);
    return bin;
  }

  test("says that Swift is missing", () => {
    expect(withPrograms(join(root, "nothing"))).toBe(
      'The check needs Swift, which is missing: run "sh scripts/setup.sh"',
    );
  });

  test("says which text the toolchain lacks", () => {
    expect(withPrograms(toolchain())).toBe(
      "This Swift (Swift version 9.1 (swift-9.1)) comes without the text of its module Swift: no " +
        `.swiftinterface in ${root}/resources/linux/Swift.swiftmodule; Debian's swiftlang 6.0.3 has it`,
    );
  });

  test("blames a toolchain of another version for modules it cannot make", () => {
    for (const module of STANDARD_MODULES) {
      const folder = join(root, "resources", "linux", `${module}.swiftmodule`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "riscv64-unknown-linux-gnu.swiftinterface"), "");
    }
    mkdirSync(join(root, "resources", "shims"));
    mkdirSync(join(root, "resources", "clang"));
    // Those of both processors are made at once: either may be the first to fail.
    expect(withPrograms(toolchain())).toMatch(
      /^Swift version 9\.1 \(swift-9\.1\) \(known to work: 6\.0\.3\) cannot make modules for (arm64|x86_64)-apple-macosx14\.0: error: new syntax$/,
    );
  });

  test("says what Package.swift lacks", async () => {
    writeFileSync(join(root, "Package.swift"), "// swift-tools-version:5.10\n");
    expect(typecheckMac({ root })).rejects.toThrow(
      "Package.swift must begin with its tools version and name .macOS(.vN)",
    );
  });
});
