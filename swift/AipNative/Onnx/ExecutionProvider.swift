import CAip
import COnnxRuntime

/// What runs a session's graph, with its options. Whatever it cannot run falls to the CPU.
struct ExecutionProvider {
  /// The name `SessionOptionsAppendExecutionProvider` knows; nil for the CPU, which is always there.
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
    let (runtime, api) = (session.runtime, session.runtime.api)
    let what = "Cannot use execution provider \(name)"
    let error: NativeError? = withOptionPointers { keys, values in
      do throws(NativeError) {
        // These two have an options object of their own; every other one goes by its name.
        switch name {
        case "CUDA":
          var cuda: OpaquePointer?
          try runtime.check(api.pointee.CreateCUDAProviderOptions(&cuda), what)
          defer { api.pointee.ReleaseCUDAProviderOptions(cuda) }
          try runtime.check(
            api.pointee.UpdateCUDAProviderOptions(cuda, keys, values, options.count), what)
          try runtime.check(
            api.pointee.SessionOptionsAppendExecutionProvider_CUDA_V2(session.handle, cuda), what)
        case "TensorRT":
          var tensorRT: OpaquePointer?
          try runtime.check(api.pointee.CreateTensorRTProviderOptions(&tensorRT), what)
          defer { api.pointee.ReleaseTensorRTProviderOptions(tensorRT) }
          try runtime.check(
            api.pointee.UpdateTensorRTProviderOptions(tensorRT, keys, values, options.count), what)
          try runtime.check(
            api.pointee.SessionOptionsAppendExecutionProvider_TensorRT_V2(
              session.handle, tensorRT), what)
        default:
          try runtime.check(
            api.pointee.SessionOptionsAppendExecutionProvider(
              session.handle, name, keys, values, options.count), what)
        }
        return nil
      } catch {
        return NativeError(AIP_STATUS_UNSUPPORTED, error.message)
      }
    }
    if let error { throw error }
  }

  private typealias CStrings = UnsafePointer<UnsafePointer<CChar>?>

  /// The keys and the values as two arrays of C strings, valid inside `body`.
  private func withOptionPointers<Result>(_ body: (CStrings?, CStrings?) -> Result) -> Result {
    let keys = CStringArray(options.map(\.key))
    let values = CStringArray(options.map(\.value))
    return withExtendedLifetime((keys, values)) { body(keys.pointer, values.pointer) }
  }
}
