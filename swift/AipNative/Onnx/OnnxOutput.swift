import CAip
import COnnxRuntime

/// ONNX Runtime's side of the output a head reads: a tensor over memory of our own where its shape
/// never changes, else one that ONNX Runtime makes anew for every run.
final class OnnxOutput {
  let tensor: OutputTensor
  /// Whether ONNX Runtime allocates the tensor.
  let isDynamic: Bool

  private let runtime: OnnxRuntime
  private let batch: Batch
  private let tensors: BatchTensors?
  private let buffer: AlignedBuffer?
  /// ONNX Runtime's tensor of the latest run.
  private var made: OpaquePointer?

  init(_ model: OnnxModel, _ config: aip_session_config, _ batch: Batch) throws(NativeError) {
    let what = Session.cannotOpen(model.path)
    let index = Int(config.output_index)
    guard index < model.outputs.count else {
      let count = model.outputs.count
      throw NativeError(
        AIP_STATUS_MODEL, "\(what): output \(index) was asked for, it has outputs 0 to \(count - 1)"
      )
    }
    let output = model.outputs[index]
    guard let type = ElementType.of(output.elementType) else {
      let known = ElementType.all.map(\.name).joined(separator: ", ")
      throw NativeError(
        AIP_STATUS_MODEL,
        "\(what): output \"\(output.name)\" is \(output.dtypeName), known are \(known)")
    }
    (runtime, self.batch) = (model.runtime, batch)
    guard let shape = batch.frameShape(ofDeclared: output.shape) else {
      throw NativeError(
        AIP_STATUS_MODEL,
        "\(what): output \"\(output.name)\" has shape \(output.shapeText), the answers to "
          + "\(batch.sizeMax) pictures would be [\(batch.fixedSize ?? -1), …]")
    }
    isDynamic = shape.contains { $0 < 0 }
    guard !isDynamic else {
      tensor = OutputTensor(name: output.name, type: type, shape: shape, elementCount: 0)
      (buffer, tensors) = (nil, nil)
      return
    }
    let elementCount = try OutputTensor.elementCount(
      shape, type, output.name, what, AIP_STATUS_MODEL)
    tensor = OutputTensor(name: output.name, type: type, shape: shape, elementCount: elementCount)
    let buffer = AlignedBuffer(sizeBytes: batch.sizeMax * elementCount * type.sizeBytes)
    self.buffer = buffer
    tensor.place(at: UnsafeRawPointer(buffer.address))
    tensors = try BatchTensors(
      runtime, over: buffer, type.onnx, frameShape: shape, batch, what)
  }

  deinit { runtime.api.pointee.ReleaseValue(made) }

  /// The tensor that a run of `count` pictures is to fill; nil where the run makes its own, for
  /// which that of the run before is released.
  func prepare(for count: Int) -> OpaquePointer? {
    if let tensors { return tensors.value(for: count) }
    runtime.api.pointee.ReleaseValue(made)
    made = nil
    tensor.place(at: nil)
    return nil
  }

  /// Takes the tensor that a run of `count` pictures has made.
  func take(_ made: OpaquePointer?, of count: Int) throws(NativeError) {
    guard isDynamic else { return }
    guard let made else {
      throw NativeError(AIP_STATUS_INFERENCE, "The model gave no output \"\(tensor.name)\"")
    }
    self.made = made
    let (_, shape) = try runtime.shape(of: made)
    let what = "The inference failed"
    _ = try OutputTensor.elementCount(
      shape, tensor.type, tensor.name, what, AIP_STATUS_INFERENCE)
    guard let frameShape = batch.frameShape(ofRun: shape, count: count) else {
      throw NativeError(
        AIP_STATUS_INFERENCE,
        "\(what): output \"\(tensor.name)\" has shape \(describe(shape)), which is not "
          + "\(count) answers")
    }
    var address: UnsafeMutableRawPointer?
    try runtime.check(
      runtime.api.pointee.GetTensorMutableData(made, &address), what, AIP_STATUS_INFERENCE)
    tensor.place(at: UnsafeRawPointer(address), shape: frameShape)
  }
}
