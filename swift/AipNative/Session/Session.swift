import CAip
import CAipKernels

/// A model on one device instance, with everything its frames need allocated beforehand.
final class Session {
  let engine: Engine
  let output: OutputTensor
  let decoder: Decoder
  /// Where the pictures of a batch stand in the model's input; nil for one that could not be read.
  let placements: UnsafeMutablePointer<Placement?>

  /// Bytes of payload one frame can produce.
  let payloadBytes: Int
  /// Frames one call can answer.
  let batchSizeMax: Int

  /// - Parameters:
  ///   - path: the model's, for messages.
  ///   - open: loads the model, once the configuration has been found to make sense.
  init(
    path: String, _ config: aip_session_config, open: () throws(NativeError) -> Engine
  ) throws(NativeError) {
    let what = Self.cannotOpen(path)
    if let fault = configurationFault(config) { throw .invalidArgument("\(what): \(fault)") }
    let head: Head
    do throws(NativeError) {
      head = try Head(config)
    } catch {
      throw NativeError(Int(error.status), "\(what): \(error.message)")
    }
    engine = try open()
    output = engine.output
    decoder = try Decoder(head, config, output, what)
    payloadBytes = decoder.isRaw ? output.elementCount * output.type.sizeBytes : 0
    batchSizeMax = engine.batchSizeMax
    placements = .allocate(capacity: batchSizeMax)
    placements.initialize(repeating: nil, count: batchSizeMax)
  }

  deinit { placements.deallocate() }

  /// How every sentence about a model that cannot be used begins.
  static func cannotOpen(_ path: String) -> String { "Cannot open model \"\(path)\"" }

  /// Answers one frame into its result block; see `aip_session_run`.
  ///
  /// HOT: once a frame. Nothing is allocated here but by the engine.
  func run(
    slot: UnsafePointer<UInt8>, into result: ResultBlock
  ) throws(NativeError) {
    let descriptor = result.descriptor
    let startedMs = clockMs()
    descriptor.pointee.started_ms = startedMs
    let letterbox = try engine.fill(0, from: slot)
    let filledMs = clockMs()
    descriptor.pointee.preprocess_ms = Float(filledMs - startedMs)
    try engine.infer(1)
    let inferredMs = clockMs()
    descriptor.pointee.inference_ms = Float(inferredMs - filledMs)
    try engine.verify(0)
    try decoder.decode(output, 0, Placement(letterbox, slot), into: result)
    descriptor.pointee.postprocess_ms = Float(clockMs() - inferredMs)
  }
}

extension Session {
  /// A session of ONNX Runtime; see `aip_session_create`.
  convenience init(
    path: String, bytes: UnsafeRawBufferPointer?, _ config: aip_session_config,
    providerOptions: String, profilePrefix: String? = nil
  ) throws(NativeError) {
    try self.init(path: path, config) { () throws(NativeError) in
      let provider: ExecutionProvider
      do throws(NativeError) {
        provider = try ExecutionProvider(config.provider, providerOptions)
      } catch {
        throw NativeError(Int(error.status), "\(Self.cannotOpen(path)): \(error.message)")
      }
      return .onnx(
        try OnnxEngine(path: path, bytes: bytes, config, provider, profilePrefix: profilePrefix))
    }
  }
}

extension Placement {
  /// Where the picture of a slot stands in the model's input.
  init(_ letterbox: aip_letterbox, _ slot: UnsafePointer<UInt8>) {
    let (width, height) = sourceSize(of: slot)
    self.init(letterbox, width: width, height: height)
  }
}
