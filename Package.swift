// swift-tools-version:5.10
import PackageDescription

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
      name: "AipNative", dependencies: ["CAip", "CAipKernels", "CLinux", "COnnxRuntime"],
      path: "swift/AipNative"),
    .testTarget(
      name: "AipNativeTests", dependencies: ["AipNative", "CAip", "CAipKernels"],
      path: "swift/AipNativeTests"),
  ]
)
