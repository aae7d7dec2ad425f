import { describe, expect, test } from "bun:test";
import { standardInterface, stubInterface } from "../../../scripts/macos/standard-library.ts";

const TARGET = "arm64-apple-macosx14.0";

/** The kinds of line that a toolchain's text for Linux has. */
const LINUX = `// swift-interface-format-version: 1.0
// swift-module-flags: -target x86_64-pc-linux-gnu -disable-objc-interop -O -module-name Swift
import SwiftShims
@frozen public struct Float80 {
}
@available(macOS 11.0, *)
@frozen public struct Float16 {
}
public typealias CChar = Swift.UInt8
public typealias CLongDouble = Swift.Float80
  @backDeployed(before: macOS 14.0, iOS 17.0)
  public func old()
`;

describe("standardInterface()", () => {
  test("has the target and Objective-C, and leaves bodies out", () => {
    const text = standardInterface(LINUX, "_Concurrency", "arm64", TARGET);
    expect(text).toContain(
      "// swift-module-flags: -target arm64-apple-macosx14.0 -O -module-name Swift " +
        "-experimental-skip-all-function-bodies -disable-availability-checking\n",
    );
    expect(text).not.toContain("@backDeployed");
    expect(text).toContain("public func old()");
  });

  test("of the library itself has each processor's number types and C's on a Mac", () => {
    const arm64 = standardInterface(LINUX, "Swift", "arm64", TARGET);
    expect(arm64).toContain("@available(macOS 99.0, *)\n@frozen public struct Float80 {");
    expect(arm64).toContain("@available(macOS 11.0, *)\n@frozen public struct Float16 {");
    expect(arm64).toContain("CChar = Swift.Int8\n");
    expect(arm64).toContain("CLongDouble = Swift.Double\n");
    const intel = standardInterface(LINUX, "Swift", "x86_64", "x86_64-apple-macosx14.0");
    expect(intel).toContain("@available(macOS 99.0, *)\n@frozen public struct Float16 {");
    expect(intel).toContain("CLongDouble = Swift.Float80\n");
    expect(intel).toContain("public struct AutoreleasingUnsafeMutablePointer<Pointee>");
  });
});

describe("stubInterface()", () => {
  test("puts before the declarations what an interface begins with", () => {
    const lines = stubInterface("import Swift\n", "CoreML", TARGET, "Swift version 6").split("\n");
    expect(lines[0]).toBe("// swift-interface-format-version: 1.0");
    expect(lines[1]).toBe("// swift-compiler-version: Swift version 6");
    expect(lines[2]).toContain("-target arm64-apple-macosx14.0 -module-name CoreML");
    expect(lines[2]).not.toContain("-import-underlying-module");
    expect(lines[3]).toBe("import Swift");
  });

  test("imports the C headers of a module that adds to them", () => {
    expect(stubInterface("@_exported import Darwin\n", "Darwin", TARGET, "")).toContain(
      "-import-underlying-module",
    );
    expect(stubInterface("@_exported import Darwin\n", "Foundation", TARGET, "")).not.toContain(
      "-import-underlying-module",
    );
  });
});
