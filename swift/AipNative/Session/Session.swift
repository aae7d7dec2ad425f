import CAip
import CAipKernels
import COnnxRuntime

/// A model on one device instance, with everything a frame needs allocated beforehand.
final class Session {
  private let model: OnnxModel
  private let input: ModelInput
  private let output: ModelOutput
  private let decoder: Decoder
  private let inputNames: CStringArray
  private let outputNames: CStringArray
  private let inputValues: UnsafeMutablePointer<OpaquePointer?>
  private let outputValues: UnsafeMutablePointer<OpaquePointer?>

  /// Bytes of payload one frame can produce.
  let payloadBytes: Int

  init(
    path: String, bytes: UnsafeRawBufferPointer?, _ config: aip_session_config,
    providerOptions: String
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
    model = try OnnxModel(path: path, bytes: bytes, options: options)
    input = try ModelInput(model, config)
    output = try ModelOutput(model, config)
    inputNames = CStringArray([input.name])
    outputNames = CStringArray([output.name])
    inputValues = .allocate(capacity: 1)
    inputValues.initialize(to: input.value)
    outputValues = .allocate(capacity: 1)
    outputValues.initialize(to: nil)
    if output.isDynamic {
      // Only a run tells the shape.
      do throws(NativeError) {
        try Self.infer(model, output, inputNames, inputValues, outputNames, outputValues)
      } catch {
        throw NativeError(AIP_STATUS_MODEL, "\(what): \(error.message)")
      }
    }
    decoder = try Decoder(head, config, output, what)
    payloadBytes = decoder.isRaw ? output.elementCount * output.type.sizeBytes : 0
  }

  deinit {
    inputValues.deallocate()
    outputValues.deallocate()
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
    let letterbox = try input.fill(from: slot)
    let filledMs = clockMs()
    descriptor.pointee.preprocess_ms = Float(filledMs - startedMs)
    try Self.infer(model, output, inputNames, inputValues, outputNames, outputValues)
    let inferredMs = clockMs()
    descriptor.pointee.inference_ms = Float(inferredMs - filledMs)
    let (width, height) = sourceSize(of: slot)
    let placement = Placement(letterbox, width: width, height: height)
    try decoder.decode(output, placement, into: result)
    descriptor.pointee.postprocess_ms = Float(clockMs() - inferredMs)
  }

  private static func infer(
    _ model: OnnxModel, _ output: ModelOutput,
    _ inputNames: CStringArray, _ inputValues: UnsafeMutablePointer<OpaquePointer?>,
    _ outputNames: CStringArray, _ outputValues: UnsafeMutablePointer<OpaquePointer?>
  ) throws(NativeError) {
    output.prepare()
    outputValues.pointee = output.value
    let status = model.runtime.api.pointee.Run(
      model.session, nil, inputNames.pointer, inputValues, 1, outputNames.pointer, 1, outputValues)
    try model.runtime.check(status, "The inference failed", AIP_STATUS_INFERENCE)
    try output.take(outputValues.pointee)
  }
}
