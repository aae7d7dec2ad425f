import CAip
import CAipKernels
import COnnxRuntime

/// A model on one device instance, with everything its frames need allocated beforehand.
final class Session {
  let input: ModelInput
  let output: ModelOutput
  let decoder: Decoder
  let model: OnnxModel
  private let inputNames: CStringArray
  private let outputNames: CStringArray
  private let inputValues: UnsafeMutablePointer<OpaquePointer?>
  private let outputValues: UnsafeMutablePointer<OpaquePointer?>
  /// Where the pictures of a batch stand in the model's input; nil for one that could not be read.
  let placements: UnsafeMutablePointer<Placement?>

  /// Bytes of payload one frame can produce.
  let payloadBytes: Int
  /// Frames one call can answer.
  let batchSizeMax: Int

  init(
    path: String, bytes: UnsafeRawBufferPointer?, _ config: aip_session_config,
    providerOptions: String, profilePrefix: String? = nil
  ) throws(NativeError) {
    let runtime = try OnnxRuntime.current()
    let what = OnnxModel.cannotOpen(path)
    if let fault = configurationFault(config) { throw .invalidArgument("\(what): \(fault)") }
    let head: Head
    let provider: ExecutionProvider
    do throws(NativeError) {
      head = try Head(config)
      provider = try ExecutionProvider(config.provider, providerOptions)
    } catch {
      throw NativeError(Int(error.status), "\(what): \(error.message)")
    }
    let options = try SessionOptions(runtime)
    try options.set(threadCount: config.thread_count)
    try options.optimiseFully()
    try provider.append(to: options)
    if let profilePrefix { try options.profile(to: profilePrefix) }
    model = try OnnxModel(path: path, bytes: bytes, options: options)
    let batch = Batch(declared: model.inputs.first?.shape.first ?? 1, config)
    input = try ModelInput(model, config, batch)
    output = try ModelOutput(model, config, batch)
    inputNames = CStringArray([input.name])
    outputNames = CStringArray([output.name])
    inputValues = .allocate(capacity: 1)
    inputValues.initialize(to: nil)
    outputValues = .allocate(capacity: 1)
    outputValues.initialize(to: nil)
    if output.isDynamic {
      // Only a run tells the shape.
      do throws(NativeError) {
        try Self.infer(1, model, input, output, inputNames, inputValues, outputNames, outputValues)
      } catch {
        throw NativeError(AIP_STATUS_MODEL, "\(what): \(error.message)")
      }
    }
    decoder = try Decoder(head, config, output, what)
    payloadBytes = decoder.isRaw ? output.elementCount * output.type.sizeBytes : 0
    batchSizeMax = batch.sizeMax
    placements = .allocate(capacity: batch.sizeMax)
    placements.initialize(repeating: nil, count: batch.sizeMax)
  }

  deinit {
    inputValues.deallocate()
    outputValues.deallocate()
    placements.deallocate()
  }

  /// Answers one frame into its result block; see `aip_session_run`.
  ///
  /// HOT: once a frame. Nothing is allocated here but by ONNX Runtime.
  func run(
    slot: UnsafePointer<UInt8>, into result: ResultBlock
  ) throws(NativeError) {
    let descriptor = result.descriptor
    let startedMs = clockMs()
    descriptor.pointee.started_ms = startedMs
    let letterbox = try input.fill(0, from: slot)
    let filledMs = clockMs()
    descriptor.pointee.preprocess_ms = Float(filledMs - startedMs)
    try infer(1)
    let inferredMs = clockMs()
    descriptor.pointee.inference_ms = Float(inferredMs - filledMs)
    try decoder.decode(output, 0, Placement(letterbox, slot), into: result)
    descriptor.pointee.postprocess_ms = Float(clockMs() - inferredMs)
  }

  /// Runs the model on the pictures in the first `count` places of the input.
  func infer(_ count: Int) throws(NativeError) {
    try Self.infer(count, model, input, output, inputNames, inputValues, outputNames, outputValues)
  }

  private static func infer(
    _ count: Int, _ model: OnnxModel, _ input: ModelInput, _ output: ModelOutput,
    _ inputNames: CStringArray, _ inputValues: UnsafeMutablePointer<OpaquePointer?>,
    _ outputNames: CStringArray, _ outputValues: UnsafeMutablePointer<OpaquePointer?>
  ) throws(NativeError) {
    inputValues.pointee = input.value(for: count)
    outputValues.pointee = output.prepare(for: count)
    let status = model.runtime.api.pointee.Run(
      model.session, nil, inputNames.pointer, inputValues, 1, outputNames.pointer, 1, outputValues)
    try model.runtime.check(status, "The inference failed", AIP_STATUS_INFERENCE)
    try output.take(outputValues.pointee, of: count)
  }
}

extension Placement {
  /// Where the picture of a slot stands in the model's input.
  init(_ letterbox: aip_letterbox, _ slot: UnsafePointer<UInt8>) {
    let (width, height) = sourceSize(of: slot)
    self.init(letterbox, width: width, height: height)
  }
}
