import CAip
import CAipKernels
import COnnxRuntime

/// A model run by ONNX Runtime, over tensors in memory of our own.
final class OnnxEngine {
  let output: OutputTensor
  /// Frames one call can answer.
  let batchSizeMax: Int

  private let model: OnnxModel
  private let input: OnnxInput
  private let outputs: OnnxOutput
  private let inputNames: CStringArray
  private let outputNames: CStringArray
  private let inputValues: UnsafeMutablePointer<OpaquePointer?>
  private let outputValues: UnsafeMutablePointer<OpaquePointer?>

  init(
    path: String, bytes: UnsafeRawBufferPointer?, _ config: aip_session_config,
    _ provider: ExecutionProvider, profilePrefix: String? = nil
  ) throws(NativeError) {
    let options = try SessionOptions(try OnnxRuntime.current())
    try options.set(threadCount: config.thread_count)
    try options.optimiseFully()
    try provider.append(to: options)
    if Int(config.provider) == AIP_PROVIDER_COREML {
      try options.fixShapes(path: path, bytes: bytes, config)
    }
    if let profilePrefix { try options.profile(to: profilePrefix) }
    model = try OnnxModel(path: path, bytes: bytes, options: options)
    let batch = Batch(declared: model.inputs.first?.shape.first ?? 1, config)
    batchSizeMax = batch.sizeMax
    input = try OnnxInput(model, config, batch)
    outputs = try OnnxOutput(model, config, batch)
    output = outputs.tensor
    inputNames = CStringArray([input.name])
    outputNames = CStringArray([output.name])
    inputValues = .allocate(capacity: 1)
    inputValues.initialize(to: nil)
    outputValues = .allocate(capacity: 1)
    outputValues.initialize(to: nil)
    guard outputs.isDynamic else { return }
    // Only a run tells the shape.
    do throws(NativeError) {
      try infer(1)
    } catch {
      throw NativeError(AIP_STATUS_MODEL, "\(Session.cannotOpen(path)): \(error.message)")
    }
  }

  deinit {
    inputValues.deallocate()
    outputValues.deallocate()
  }

  /// Writes what has been noted of a profiled session; returns the file's path.
  func endProfile() throws(NativeError) -> String { try model.endProfile() }

  /// HOT: once a frame.
  func fill(
    _ place: Int, from slot: UnsafePointer<UInt8>
  ) throws(NativeError) -> aip_letterbox {
    try input.fill(place, from: slot)
  }

  /// HOT: once a call. Nothing is allocated here but by ONNX Runtime.
  func infer(_ count: Int) throws(NativeError) {
    inputValues.pointee = input.value(for: count)
    outputValues.pointee = outputs.prepare(for: count)
    let status = model.runtime.api.pointee.Run(
      model.session, nil, inputNames.pointer, inputValues, 1, outputNames.pointer, 1, outputValues)
    try model.runtime.check(status, "The inference failed", AIP_STATUS_INFERENCE)
    try outputs.take(outputValues.pointee, of: count)
  }
}
