import CAip
import COnnxRuntime

/// The output a head reads: a tensor over memory of our own where its shape never changes, else one
/// that ONNX Runtime makes anew for every run.
final class ModelOutput {
  let name: String
  let type: ElementType
  /// The shape; of the latest run where it may change.
  private(set) var shape: [Int]
  /// Elements of that shape.
  private(set) var elementCount: Int
  /// Whether ONNX Runtime allocates the tensor.
  let isDynamic: Bool
  /// The tensor: ours, or of the latest run.
  private(set) var value: OpaquePointer?
  private(set) var data: UnsafeRawPointer?

  private let runtime: OnnxRuntime
  private let buffer: AlignedBuffer?
  private var single: AlignedBuffer?

  /// Most bytes one output may have.
  static let sizeBytesMax = 1 << 30

  init(_ model: OnnxModel, _ config: aip_session_config) throws(NativeError) {
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
    (runtime, name, self.type) = (model.runtime, output.name, type)
    // One picture goes in, so a batch of any size is a batch of one.
    var shape = output.shape
    if let batch = shape.first, batch < 0, shape.count > 1 { shape[0] = 1 }
    isDynamic = shape.contains { $0 < 0 }
    self.shape = shape
    guard !isDynamic else {
      (elementCount, buffer) = (0, nil)
      return
    }
    elementCount = try Self.elementCount(shape, type, output.name, what, AIP_STATUS_MODEL)
    let buffer = AlignedBuffer(sizeBytes: elementCount * type.sizeBytes)
    self.buffer = buffer
    data = UnsafeRawPointer(buffer.address)
    value = try runtime.tensor(over: buffer, type.onnx, shape, what)
  }

  deinit { runtime.api.pointee.ReleaseValue(value) }

  /// Releases a tensor of the run before, so that the next one makes its own.
  func prepare() {
    guard isDynamic, let old = value else { return }
    runtime.api.pointee.ReleaseValue(old)
    (value, data) = (nil, nil)
  }

  /// Takes the tensor that a run has made.
  func take(_ made: OpaquePointer?) throws(NativeError) {
    guard isDynamic else { return }
    guard let made else {
      throw NativeError(AIP_STATUS_INFERENCE, "The model gave no output \"\(name)\"")
    }
    value = made
    let (_, shape) = try runtime.shape(of: made)
    let what = "The inference failed"
    elementCount = try Self.elementCount(shape, type, name, what, AIP_STATUS_INFERENCE)
    self.shape = shape
    var address: UnsafeMutableRawPointer?
    try runtime.check(
      runtime.api.pointee.GetTensorMutableData(made, &address), what, AIP_STATUS_INFERENCE)
    data = UnsafeRawPointer(address)
  }

  /// The values as f32, converted where they are f16; nil for other types and before the first run.
  func floats() -> UnsafePointer<Float>? {
    guard let data else { return nil }
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
