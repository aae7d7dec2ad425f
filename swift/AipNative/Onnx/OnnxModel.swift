import CAip
import COnnxRuntime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A model opened by ONNX Runtime.
final class OnnxModel {
  let runtime: OnnxRuntime
  let path: String
  let session: OpaquePointer
  let inputs: [TensorInfo]
  let outputs: [TensorInfo]

  /// Opens the model in `bytes`, which are not needed afterwards, or else the file at `path`.
  init(
    path: String, bytes: UnsafeRawBufferPointer?, options: SessionOptions
  ) throws(NativeError) {
    defer { withExtendedLifetime(options) {} }
    let (runtime, api) = (options.runtime, options.runtime.api)
    let what = Session.cannotOpen(path)
    var handle: OpaquePointer?
    if let bytes {
      try runtime.check(
        api.pointee.CreateSessionFromArray(
          runtime.environment, bytes.baseAddress, bytes.count, options.handle, &handle), what)
    } else if let reason = Self.unreadable(path) {
      throw NativeError(AIP_STATUS_MODEL, "\(what): \(reason)")
    } else {
      try runtime.check(
        api.pointee.CreateSession(runtime.environment, path, options.handle, &handle), what)
    }
    guard let session = handle else { throw NativeError(AIP_STATUS_MODEL, "\(what): no session") }
    do throws(NativeError) {
      var count = 0
      try runtime.check(api.pointee.SessionGetInputCount(session, &count), what)
      inputs = try Self.tensors(
        count, runtime, session, what, api.pointee.SessionGetInputName,
        api.pointee.SessionGetInputTypeInfo)
      try runtime.check(api.pointee.SessionGetOutputCount(session, &count), what)
      outputs = try Self.tensors(
        count, runtime, session, what, api.pointee.SessionGetOutputName,
        api.pointee.SessionGetOutputTypeInfo)
    } catch {
      api.pointee.ReleaseSession(session)
      throw error
    }
    (self.runtime, self.path, self.session) = (runtime, path, session)
  }

  deinit { runtime.api.pointee.ReleaseSession(session) }

  /// Why a path cannot hold a model; nil where it may.
  private static func unreadable(_ path: String) -> String? {
    var information = stat()
    guard stat(path, &information) == 0, access(path, R_OK) == 0 else {
      return String(cString: strerror(errno))
    }
    return information.st_mode & S_IFMT == S_IFDIR ? "it is a directory" : nil
  }

  private typealias GetName = @convention(c) (
    OpaquePointer?, Int, UnsafeMutablePointer<OrtAllocator>?,
    UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
  ) -> OpaquePointer?
  private typealias GetType = @convention(c) (
    OpaquePointer?, Int, UnsafeMutablePointer<OpaquePointer?>?
  ) -> OpaquePointer?

  private static func tensors(
    _ count: Int, _ runtime: OnnxRuntime, _ session: OpaquePointer, _ what: String,
    _ getName: GetName, _ getType: GetType
  ) throws(NativeError) -> [TensorInfo] {
    var tensors: [TensorInfo] = []
    for index in 0..<count {
      let name = try runtime.text(what) { getName(session, index, $0, $1) }
      var type: OpaquePointer?
      try runtime.check(getType(session, index, &type), what)
      defer { runtime.api.pointee.ReleaseTypeInfo(type) }
      var tensor: OpaquePointer?  // Owned by `type`; null for a sequence or a map.
      try runtime.check(runtime.api.pointee.CastTypeInfoToTensorInfo(type, &tensor), what)
      guard let tensor else {
        let unknown = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED
        tensors.append(TensorInfo(name: name, elementType: unknown, shape: []))
        continue
      }
      let (elementType, shape) = try runtime.typeAndShape(tensor, what, AIP_STATUS_MODEL)
      tensors.append(TensorInfo(name: name, elementType: elementType, shape: shape))
    }
    return tensors
  }
}

extension OnnxRuntime {
  /// Calls a function that allocates a text, and releases that text.
  func text(
    _ what: String,
    _ call: (
      UnsafeMutablePointer<OrtAllocator>?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    ) -> OpaquePointer?
  ) throws(NativeError) -> String {
    var allocator: UnsafeMutablePointer<OrtAllocator>?
    try check(api.pointee.GetAllocatorWithDefaultOptions(&allocator), what)
    var text: UnsafeMutablePointer<CChar>?
    try check(call(allocator, &text), what)
    guard let text else { return "" }
    defer { allocator?.pointee.Free(allocator, text) }
    return String(cString: text)
  }
}
