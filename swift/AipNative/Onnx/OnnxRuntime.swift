import CAip
import COnnxRuntime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// ONNX Runtime as opened by path: its function table and the one environment of this process.
struct OnnxRuntime: @unchecked Sendable {
  let path: String
  let version: String
  let api: UnsafePointer<OrtApi>
  let environment: OpaquePointer

  /// The C API this library is written against: ONNX Runtime 1.21, and every later one.
  static let apiVersion = UInt32(ORT_API_VERSION)

  private static let lock = {
    let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    return lock
  }()
  nonisolated(unsafe) private static var loaded: OnnxRuntime?

  /// Opens the library once; it stays open for the life of the process.
  static func load(path: String) throws(NativeError) {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    if let loaded {
      guard loaded.path == path else {
        throw NativeError(
          AIP_STATUS_LIBRARY,
          "Cannot load ONNX Runtime \"\(path)\": this process already uses \"\(loaded.path)\"")
      }
      return
    }
    loaded = try OnnxRuntime(path: path)
  }

  /// The loaded library.
  static func current() throws(NativeError) -> OnnxRuntime {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    guard let loaded else {
      throw NativeError(AIP_STATUS_LIBRARY, "ONNX Runtime is not loaded: call aip_onnx_load first")
    }
    return loaded
  }

  private init(path: String) throws(NativeError) {
    func failure(_ reason: String) -> NativeError {
      NativeError(AIP_STATUS_LIBRARY, "Cannot load ONNX Runtime \"\(path)\": \(reason)")
    }
    guard access(path, R_OK) == 0 else { throw failure(String(cString: strerror(errno))) }
    // From 1.30 on it would send telemetry over HTTPS, and leave a log in the temporary folder for
    // every process. Whoever wants that sets the variable to 0; it counts when the library starts.
    setenv("ORT_DISABLE_TELEMETRY", "1", 0)
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw failure(dlerror().map { String(cString: $0) } ?? "it is no shared library")
    }
    typealias GetApiBase = @convention(c) () -> UnsafePointer<OrtApiBase>?
    guard let symbol = dlsym(handle, "OrtGetApiBase"),
      let base = unsafeBitCast(symbol, to: GetApiBase.self)()
    else {
      throw failure("it has no OrtGetApiBase")
    }
    let version = base.pointee.GetVersionString().map { String(cString: $0) } ?? "unknown"
    guard let api = base.pointee.GetApi(Self.apiVersion) else {
      throw failure("version \(version) is too old, 1.\(Self.apiVersion) or later is needed")
    }
    // Every failure comes back as a status; the log would only repeat it on stderr.
    var environment: OpaquePointer?
    let status = api.pointee.CreateEnv(ORT_LOGGING_LEVEL_FATAL, "aip", &environment)
    if let reason = Self.reason(status, api) { throw failure(reason) }
    guard let environment else { throw failure("it gave no environment") }
    (self.path, self.version, self.api, self.environment) = (path, version, api, environment)
  }

  /// Throws where a call failed, with `what` in front of ONNX Runtime's own reason.
  func check(
    _ status: OpaquePointer?, _ what: @autoclosure () -> String, _ code: Int = AIP_STATUS_MODEL
  ) throws(NativeError) {
    if status == nil { return }
    let reason = Self.reason(status, api) ?? ""
    throw NativeError(code, "\(what()): \(reason)")
  }

  /// Why a call failed, nil where it did not. Releases the status.
  private static func reason(_ status: OpaquePointer?, _ api: UnsafePointer<OrtApi>) -> String? {
    guard let status else { return nil }
    defer { api.pointee.ReleaseStatus(status) }
    let text = api.pointee.GetErrorMessage(status).map { String(cString: $0) } ?? ""
    return OnnxMessage.shorten(text)
  }
}

@_cdecl("aip_onnx_load")
public func onnxLoad(_ path: UnsafePointer<CChar>?) -> Int32 {
  answering { () throws(NativeError) in
    try OnnxRuntime.load(path: String(cString: try required(path, "path")))
    return AIP_STATUS_OK
  }
}
