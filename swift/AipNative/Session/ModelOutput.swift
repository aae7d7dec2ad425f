import CAip
import COnnxRuntime

/// The output a head reads: a tensor over memory of our own where its shape never changes, else one
/// that ONNX Runtime makes anew for every run.
final class ModelOutput {
  let name: String
  let type: ElementType
  /// The shape of one frame's answer; of the latest run where it may change.
  private(set) var shape: [Int]
  /// Elements of that shape.
  private(set) var elementCount: Int
  /// Whether ONNX Runtime allocates the tensor.
  let isDynamic: Bool

  private let runtime: OnnxRuntime
  private let batch: Batch
  private let tensors: BatchTensors?
  private let buffer: AlignedBuffer?
  /// ONNX Runtime's tensor of the latest run, and where the answers lie: ours, or in that.
  private var made: OpaquePointer?
  private var base: UnsafeRawPointer?
  private var single: AlignedBuffer?

  /// Most bytes one output may have.
  static let sizeBytesMax = 1 << 30

  init(_ model: OnnxModel, _ config: aip_session_config, _ batch: Batch) throws(NativeError) {
    let what = OnnxModel.cannotOpen(model.path)
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
    (runtime, name, self.type, self.batch) = (model.runtime, output.name, type, batch)
    guard let shape = batch.frameShape(ofDeclared: output.shape) else {
      throw NativeError(
        AIP_STATUS_MODEL,
        "\(what): output \"\(output.name)\" has shape \(output.shapeText), the answers to "
          + "\(batch.sizeMax) pictures would be [\(batch.fixedSize ?? -1), …]")
    }
    isDynamic = shape.contains { $0 < 0 }
    self.shape = shape
    guard !isDynamic else {
      (elementCount, buffer, tensors) = (0, nil, nil)
      return
    }
    elementCount = try Self.elementCount(shape, type, output.name, what, AIP_STATUS_MODEL)
    let buffer = AlignedBuffer(sizeBytes: batch.sizeMax * elementCount * type.sizeBytes)
    self.buffer = buffer
    base = UnsafeRawPointer(buffer.address)
    tensors = try BatchTensors(
      runtime, over: buffer, type.onnx, frameShape: shape, batch, what)
  }

  deinit { runtime.api.pointee.ReleaseValue(made) }

  /// The tensor that a run of `count` pictures is to fill; nil where the run makes its own, for
  /// which that of the run before is released.
  func prepare(for count: Int) -> OpaquePointer? {
    if let tensors { return tensors.value(for: count) }
    runtime.api.pointee.ReleaseValue(made)
    (made, base) = (nil, nil)
    return nil
  }

  /// Takes the tensor that a run of `count` pictures has made.
  func take(_ made: OpaquePointer?, of count: Int) throws(NativeError) {
    guard isDynamic else { return }
    guard let made else {
      throw NativeError(AIP_STATUS_INFERENCE, "The model gave no output \"\(name)\"")
    }
    self.made = made
    let (_, shape) = try runtime.shape(of: made)
    let what = "The inference failed"
    _ = try Self.elementCount(shape, type, name, what, AIP_STATUS_INFERENCE)
    guard let frameShape = batch.frameShape(ofRun: shape, count: count) else {
      throw NativeError(
        AIP_STATUS_INFERENCE,
        "\(what): output \"\(name)\" has shape \(describe(shape)), which is not \(count) answers")
    }
    elementCount = frameShape.reduce(1, *)
    self.shape = frameShape
    var address: UnsafeMutableRawPointer?
    try runtime.check(
      runtime.api.pointee.GetTensorMutableData(made, &address), what, AIP_STATUS_INFERENCE)
    base = UnsafeRawPointer(address)
  }

  /// The answer to the picture in a place of the latest run; nil before the first.
  func data(_ place: Int) -> UnsafeRawPointer? {
    base.map { $0 + place * elementCount * type.sizeBytes }
  }

  /// Its values as f32, converted where they are f16; nil for other types and before the first run.
  func floats(_ place: Int) -> UnsafePointer<Float>? {
    guard let data = data(place) else { return nil }
    switch type.dtype {
    case AIP_DTYPE_F32:
      return data.assumingMemoryBound(to: Float.self)
    case AIP_DTYPE_F16:
      let target = singleBuffer().address.assumingMemoryBound(to: Float.self)
      convertHalf(data.assumingMemoryBound(to: UInt16.self), to: target, count: elementCount)
      return UnsafePointer(target)
    default:
      return nil
    }
  }

  /// Made on first use, and again only where a dynamic output has grown.
  private func singleBuffer() -> AlignedBuffer {
    let sizeBytes = elementCount * MemoryLayout<Float>.size
    if let single, single.sizeBytes >= sizeBytes { return single }
    let made = AlignedBuffer(sizeBytes: sizeBytes)
    single = made
    return made
  }

  private static func elementCount(
    _ shape: [Int], _ type: ElementType, _ name: String, _ what: String, _ code: Int
  ) throws(NativeError) -> Int {
    var count = 1
    for side in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: side)
      guard !overflow, product >= 0, product <= sizeBytesMax / type.sizeBytes else {
        throw NativeError(
          code, "\(what): output \"\(name)\" of shape \(describe(shape)) is larger than 1 GiB")
      }
      count = product
    }
    return count
  }
}
