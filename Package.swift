// swift-tools-version:5.10
import PackageDescription

/// Frameworks of Apple's that a test build on Linux makes for itself; see swift/StandIn/README.md.
/// Every other build has nothing of them.
let standIn = Context.environment["AIP_COREML_STANDIN"] == "1"

let standInTargets: [Target] = [
  .target(name: "StandInRuntime", path: "swift/StandIn/StandInRuntime"),
  .target(name: "CoreVideo", dependencies: ["StandInRuntime"], path: "swift/StandIn/CoreVideo"),
  .target(
    name: "CoreML", dependencies: ["CoreVideo", "StandInRuntime", "COnnxRuntime"],
    path: "swift/StandIn/CoreML"),
  .testTarget(
    name: "StandInTests", dependencies: ["CoreML", "CoreVideo", "StandInRuntime"],
    path: "swift/StandInTests"),
]

let package = Package(
  name: "aip",
  platforms: [.macOS(.v14)],
  products: [.library(name: "AipNative", type: .dynamic, targets: ["AipNative"])],
  targets: [
    .target(name: "CAip", path: "swift/CAip"),
    .target(
      name: "CAipKernels", dependencies: ["CAip"], path: "swift/CAipKernels",
      cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off"])], linkerSettings: [.linkedLibrary("m")]
    ),
    // The header alone: with pkg-config the library of the system would be linked, too.
    .systemLibrary(
      name: "COnnxRuntime", path: "swift/COnnxRuntime",
      providers: [.brew(["onnxruntime"]), .apt(["libonnxruntime-dev"])]),
    .systemLibrary(name: "CLinux", path: "swift/CLinux"),
    .target(
      name: "AipNative",
      dependencies: ["CAip", "CAipKernels", "CLinux", "COnnxRuntime"]
        + (standIn ? ["CoreML", "CoreVideo"] : []),
      path: "swift/AipNative",
      // By name, and not only by what the compiler notes for the linker in passing.
      linkerSettings: ["Accelerate", "CoreML", "CoreVideo", "Foundation"].map {
        .linkedFramework($0, .when(platforms: [.macOS]))
      }),
    .testTarget(
      name: "AipNativeTests",
      dependencies: ["AipNative", "CAip", "CAipKernels"] + (standIn ? ["CoreML"] : []),
      path: "swift/AipNativeTests"),
  ] + (standIn ? standInTargets : [])
)
