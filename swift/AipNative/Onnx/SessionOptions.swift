import CAip
import COnnxRuntime

/// ONNX Runtime's options of one session.
final class SessionOptions {
  let runtime: OnnxRuntime
  let handle: OpaquePointer

  static let what = "Cannot set up an ONNX Runtime session"

  init(_ runtime: OnnxRuntime) throws(NativeError) {
    var handle: OpaquePointer?
    try runtime.check(runtime.api.pointee.CreateSessionOptions(&handle), Self.what)
    guard let handle else { throw NativeError(AIP_STATUS_OUT_OF_MEMORY, "\(Self.what): no memory") }
    (self.runtime, self.handle) = (runtime, handle)
  }

  deinit { runtime.api.pointee.ReleaseSessionOptions(handle) }

  /// Threads inside one inference, 0 leaves it open. None of them spins while it has nothing to do:
  /// sessions side by side would take the processor from each other.
  func set(threadCount: UInt32) throws(NativeError) {
    let api = runtime.api
    try runtime.check(api.pointee.SetIntraOpNumThreads(handle, Int32(threadCount)), Self.what)
    try runtime.check(api.pointee.SetInterOpNumThreads(handle, 1), Self.what)
    try set("session.intra_op.allow_spinning", "0")
    try set("session.inter_op.allow_spinning", "0")
  }

  func optimiseFully() throws(NativeError) {
    let api = runtime.api
    try runtime.check(
      api.pointee.SetSessionGraphOptimizationLevel(handle, ORT_ENABLE_ALL), Self.what)
  }

  /// For a model that is only looked at: no optimisation, no reordering of its weights.
  func makeCheapToOpen() throws(NativeError) {
    let api = runtime.api
    try runtime.check(
      api.pointee.SetSessionGraphOptimizationLevel(handle, ORT_DISABLE_ALL), Self.what)
    try set("session.disable_prepacking", "1")
  }

  private func set(_ key: String, _ value: String) throws(NativeError) {
    try runtime.check(runtime.api.pointee.AddSessionConfigEntry(handle, key, value), Self.what)
  }
}
