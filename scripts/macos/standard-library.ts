/**
 * Swift's standard library for macOS, made from a Linux toolchain's.
 *
 * The compiler brings its standard library as text, too (`.swiftinterface`), from which it makes the
 * binary module of any target; availability on macOS is written in it. What differs between the two
 * systems is little enough to put right in the text.
 */

/** The processors a Mac has; macOS 14 runs on both. */
export type MacArchitecture = "arm64" | "x86_64";

/** Bodies are not needed to check what calls them, and take nine tenths of the time. */
const WITHOUT_BODIES = "-experimental-skip-all-function-bodies";

/** Inside, the library keeps to its own rules of availability; its callers are held to them. */
const UNCHECKED = "-disable-availability-checking";

/** Holds nothing but bodies, of which the compiler leaves none out. */
const ONLY_BODIES = "SwiftOnoneSupport";

/** Modules that every Swift file imports without saying so. */
export const STANDARD_MODULES: readonly string[] = [
  "Swift",
  "_Concurrency",
  "_StringProcessing",
  ONLY_BODIES,
];

/** Part of the library where there is Objective-C; the compiler wants it for every pointer passed. */
const OBJECTIVE_C = `
@frozen public struct AutoreleasingUnsafeMutablePointer<Pointee>: Swift._Pointer {
  public let _rawValue: Builtin.RawPointer
  public init(_ _rawValue: Builtin.RawPointer)
  public var pointee: Pointee { get nonmutating set }
}
`;

/** No macOS has the type; the module itself cannot do without it. */
const NOWHERE = "@available(macOS 99.0, *)";

/** A number type that the other processor has. */
const ABSENT: Readonly<Record<MacArchitecture, string>> = { arm64: "Float80", x86_64: "Float16" };

/**
 * The interface of a standard module for macOS.
 *
 * @param text the toolchain's own, for Linux
 * @param module one of {@link STANDARD_MODULES}
 * @param target such as `arm64-apple-macosx14.0`
 */
export function standardInterface(
  text: string,
  module: string,
  architecture: MacArchitecture,
  target: string,
): string {
  const interface_ = text
    .replace(/^(\/\/ swift-module-flags:.*?) -target \S+(.*)$/m, `$1 -target ${target}$2`)
    .replace(/^\/\/ swift-module-flags: .*$/m, (flags) =>
      [
        flags.replaceAll(" -disable-objc-interop", ""),
        ...(module === ONLY_BODIES ? [] : [WITHOUT_BODIES]),
        UNCHECKED,
      ].join(" "),
    )
    // Copies for an older macOS: they need bodies, and change nothing for who calls.
    .replace(/@backDeployed\([^)]*\)/g, "");
  if (module !== "Swift") return interface_;
  const absent = `@frozen public struct ${ABSENT[architecture]} {`;
  // C's own types, where they are others than on Linux.
  const cTypes = interface_.replace(/(typealias CChar =) Swift\.UInt8/, "$1 Swift.Int8");
  const cNumbers =
    architecture === "arm64"
      ? cTypes.replace(/(typealias CLongDouble =) Swift\.\w+/, "$1 Swift.Double")
      : cTypes;
  return cNumbers.replace(absent, `${NOWHERE}\n${absent}`) + OBJECTIVE_C;
}

/** The interface of a framework, from a stub that holds its declarations alone. */
export function stubInterface(
  text: string,
  module: string,
  target: string,
  compilerVersion: string,
): string {
  // A module that adds to C headers of its own name imports them.
  const underlying = new RegExp(`^@_exported import ${module}$`, "m").test(text);
  const flags = [
    `-target ${target} -module-name ${module} -swift-version 5 -O -enable-library-evolution`,
    WITHOUT_BODIES,
    ...(underlying ? ["-import-underlying-module"] : []),
  ];
  return [
    "// swift-interface-format-version: 1.0",
    `// swift-compiler-version: ${compilerVersion}`,
    `// swift-module-flags: ${flags.join(" ")}`,
    text,
  ].join("\n");
}
