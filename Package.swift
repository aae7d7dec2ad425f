// swift-tools-version:5.10
import PackageDescription

let package = Package(
  name: "aip",
  platforms: [.macOS(.v14)],
  products: [.library(name: "AipNative", type: .dynamic, targets: ["AipNative"])],
  targets: [
    .target(name: "CAip", path: "swift/CAip"),
    .systemLibrary(name: "COnnxRuntime", path: "swift/COnnxRuntime"),
    .systemLibrary(name: "CLinux", path: "swift/CLinux"),
    .target(
      name: "AipNative", dependencies: ["CAip", "CLinux", "COnnxRuntime"], path: "swift/AipNative"),
    .testTarget(
      name: "AipNativeTests", dependencies: ["AipNative", "CAip"], path: "swift/AipNativeTests"),
  ]
)
