import CAip
import COnnxRuntime

/// What runs a session's graph, with its options. Whatever it cannot run falls to the CPU.
struct ExecutionProvider {
  /// The name ONNX Runtime gives it; nil for the CPU, which is always there.
  let name: String?
  /// Options as the provider documents them, in the caller's order.
  let options: [(key: String, value: String)]

  /// - Parameters:
  ///   - provider: a provider of the binary definition.
  ///   - text: lines of key=value; for a named provider its name stands on the first line.
  init(_ provider: UInt32, _ text: String) throws(NativeError) {
    var lines = text.split(whereSeparator: \.isNewline)
    switch Int(provider) {
    case AIP_PROVIDER_CPU: name = nil
    case AIP_PROVIDER_WEBGPU: name = "WebGPU"
    case AIP_PROVIDER_COREML: name = "CoreML"
    case AIP_PROVIDER_CUDA: name = "CUDA"
    case AIP_PROVIDER_NAMED:
      guard let first = lines.first, !first.contains("=") else {
        throw .invalidArgument("The first provider option must be the execution provider's name")
      }
      name = String(first)
      lines.removeFirst()
    default:
      throw .invalidArgument("Provider \(provider) is unknown: known are 0 to 4")
    }
    var options: [(key: String, value: String)] = []
    for line in lines {
      guard let sign = line.firstIndex(of: "="), sign > line.startIndex else {
        throw .invalidArgument("Provider option \"\(line)\" is not of the form key=value")
      }
      options.append((String(line[..<sign]), String(line[line.index(after: sign)...])))
    }
    self.options = options
  }

  /// Makes the session use this provider first.
  func append(to session: SessionOptions) throws(NativeError) {
    guard let name else { return }
    let api = session.runtime.api.pointee
    switch name.lowercased() {
    // These have an options object of their own; every other one goes by its name.
    case "cuda":
      try append(
        session, api.CreateCUDAProviderOptions, api.UpdateCUDAProviderOptions,
        api.SessionOptionsAppendExecutionProvider_CUDA_V2, api.ReleaseCUDAProviderOptions)
    case "tensorrt":
      try append(
        session, api.CreateTensorRTProviderOptions, api.UpdateTensorRTProviderOptions,
        api.SessionOptionsAppendExecutionProvider_TensorRT_V2, api.ReleaseTensorRTProviderOptions)
    case "cann":
      try append(
        session, api.CreateCANNProviderOptions, api.UpdateCANNProviderOptions,
        api.SessionOptionsAppendExecutionProvider_CANN, api.ReleaseCANNProviderOptions)
    case "dnnl":
      try append(
        session, api.CreateDnnlProviderOptions, api.UpdateDnnlProviderOptions,
        api.SessionOptionsAppendExecutionProvider_Dnnl, api.ReleaseDnnlProviderOptions)
    case "rocm":
      try appendROCm(session)
    case "xnnpack":
      try append(session, byName: "XNNPACK")
    default:
      try append(session, byName: name)
    }
  }

  private func append(_ session: SessionOptions, byName name: String) throws(NativeError) {
    let (keys, values) = (CStringArray(options.map(\.key)), CStringArray(options.map(\.value)))
    defer { withExtendedLifetime((keys, values)) {} }
    try check(
      session.runtime,
      session.runtime.api.pointee.SessionOptionsAppendExecutionProvider(
        session.handle, name, keys.pointer, values.pointer, options.count))
  }

  private typealias CStrings = UnsafePointer<UnsafePointer<CChar>?>
  private typealias Create = @convention(c) (
    UnsafeMutablePointer<OpaquePointer?>?
  ) -> OpaquePointer?
  private typealias Update = @convention(c) (
    OpaquePointer?, CStrings?, CStrings?, Int
  ) -> OpaquePointer?
  private typealias Use = @convention(c) (OpaquePointer?, OpaquePointer?) -> OpaquePointer?
  private typealias Release = @convention(c) (OpaquePointer?) -> Void

  private func append(
    _ session: SessionOptions, _ create: Create, _ update: Update, _ use: Use, _ release: Release
  ) throws(NativeError) {
    let (keys, values) = (CStringArray(options.map(\.key)), CStringArray(options.map(\.value)))
    defer { withExtendedLifetime((keys, values)) {} }
    var own: OpaquePointer?
    try check(session.runtime, create(&own))
    defer { release(own) }
    try check(session.runtime, update(own, keys.pointer, values.pointer, options.count))
    try check(session.runtime, use(session.handle, own))
  }

  /// As above; its options are a struct that C can see into.
  private func appendROCm(_ session: SessionOptions) throws(NativeError) {
    let (runtime, api) = (session.runtime, session.runtime.api.pointee)
    let (keys, values) = (CStringArray(options.map(\.key)), CStringArray(options.map(\.value)))
    defer { withExtendedLifetime((keys, values)) {} }
    var own: UnsafeMutablePointer<OrtROCMProviderOptions>?
    try check(runtime, api.CreateROCMProviderOptions(&own))
    defer { api.ReleaseROCMProviderOptions(own) }
    try check(
      runtime, api.UpdateROCMProviderOptions(own, keys.pointer, values.pointer, options.count))
    try check(runtime, api.SessionOptionsAppendExecutionProvider_ROCM(session.handle, own))
  }

  private func check(_ runtime: OnnxRuntime, _ status: OpaquePointer?) throws(NativeError) {
    try runtime.check(
      status, "Cannot use execution provider \(name ?? "CPU")", AIP_STATUS_UNSUPPORTED)
  }
}
