import COnnxRuntime
import Foundation
import Glibc
import StandInRuntime

/// ONNX Runtime, opened once: AIP_ONNXRUNTIME, else the package's in the nearest node_modules above
/// this library.
struct OnnxLibrary: @unchecked Sendable {
  let api: OrtApi
  let environment: OpaquePointer?

  static let shared = Result { try OnnxLibrary() }

  private init() throws {
    let path = try Self.path()
    setenv("ORT_DISABLE_TELEMETRY", "1", 0)
    typealias GetApiBase = @convention(c) () -> UnsafePointer<OrtApiBase>?
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL),
      let symbol = dlsym(handle, "OrtGetApiBase"),
      let base = unsafeBitCast(symbol, to: GetApiBase.self)(),
      let api = base.pointee.GetApi(UInt32(ORT_API_VERSION))
    else {
      throw MLModelError(.generic, "The stand-in cannot open ONNX Runtime \(path).")
    }
    var environment: OpaquePointer?
    if let status = api.pointee.CreateEnv(ORT_LOGGING_LEVEL_FATAL, "standin", &environment) {
      throw Self.error(api.pointee, status)
    }
    (self.api, self.environment) = (api.pointee, environment)
  }

  func check(_ status: OpaquePointer?) throws {
    if let status { throw Self.error(api, status) }
  }

  private static func error(_ api: OrtApi, _ status: OpaquePointer) -> MLModelError {
    defer { api.ReleaseStatus(status) }
    let text = api.GetErrorMessage(status).map { String(cString: $0) } ?? ""
    return MLModelError(.generic, "The stand-in's network failed: \(text)")
  }

  private static func path() throws -> String {
    if let path = getenv("AIP_ONNXRUNTIME"), path.pointee != 0 { return String(cString: path) }
    #if arch(arm64)
      let architecture = "arm64"
    #else
      let architecture = "x64"
    #endif
    let tail = "node_modules/onnxruntime-node/bin/napi-v6/linux/\(architecture)/libonnxruntime.so.1"
    var folder = try libraryFolder()
    while folder.path != "/" {
      let path = folder.appendingPathComponent(tail).path
      if FileManager.default.fileExists(atPath: path) { return path }
      folder.deleteLastPathComponent()
    }
    throw MLModelError(.generic, "The stand-in needs ONNX Runtime: set AIP_ONNXRUNTIME.")
  }

  /// Where this very code was loaded from, as the kernel lists it.
  private static func libraryFolder() throws -> URL {
    let code: @convention(c) () -> Void = {}
    let here = UInt(bitPattern: unsafeBitCast(code, to: UnsafeRawPointer.self))
    // Line by line: the kernel makes the file while it is read, and says that it has no bytes.
    let maps = fopen("/proc/self/maps", "r")
    defer { if let maps { fclose(maps) } }
    var line = [CChar](repeating: 0, count: 8192)
    while let maps, fgets(&line, Int32(line.count), maps) != nil {
      let text = String(cString: line).trimmingCharacters(in: .newlines)
      let range = text.prefix { $0 != " " }.split(separator: "-").compactMap {
        UInt($0, radix: 16)
      }
      guard range.count == 2, (range[0]..<range[1]).contains(here),
        let path = text.firstIndex(of: "/")
      else { continue }
      return URL(fileURLWithPath: String(text[path...])).deletingLastPathComponent()
    }
    throw MLModelError(.generic, "The stand-in does not know where it is.")
  }
}
