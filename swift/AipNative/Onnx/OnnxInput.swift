import CAip
import CAipKernels
import COnnxRuntime

/// The model's one picture input: tensors over memory of our own, which the pre-processing kernel
/// fills for every frame. A batch's pictures lie one behind the other, each in its place.
final class OnnxInput {
  let name: String
  private let tensors: BatchTensors
  private let buffer: AlignedBuffer
  private let frameBytes: Int
  /// One a place.
  private var plans: [PicturePlan] = []

  /// - Throws: where the model's input is not the one the configuration describes.
  init(_ model: OnnxModel, _ config: aip_session_config, _ batch: Batch) throws(NativeError) {
    let what = Session.cannotOpen(model.path)
    if let fault = Self.fault(model, config) {
      throw NativeError(AIP_STATUS_MODEL, "\(what): \(fault)")
    }
    let shape = Self.shape(config)
    guard let type = ElementType.of(dtype: config.input_dtype) else {
      throw NativeError(AIP_STATUS_MODEL, "\(what): unknown input type")
    }
    frameBytes = shape.reduce(type.sizeBytes, *)
    buffer = AlignedBuffer(sizeBytes: batch.sizeMax * frameBytes)
    tensors = try BatchTensors(
      model.runtime, over: buffer, type.onnx, frameShape: shape, batch, what)
    name = model.inputs[0].name
    for _ in 0..<batch.sizeMax {
      plans.append(try PicturePlan(aip_preprocess_options(config)))
    }
    guard plans[0].sizeBytes == frameBytes else {
      throw NativeError(AIP_STATUS_MODEL, "\(what): the input's size is not the pre-processing's")
    }
  }

  /// The tensor for a run of `count` pictures.
  func value(for count: Int) -> OpaquePointer { tensors.value(for: count) }

  /// Fills a place of the tensor from a slot's pixels; the caller makes sure that no run reads it.
  func fill(
    _ place: Int, from slot: UnsafePointer<UInt8>
  ) throws(NativeError) -> aip_letterbox {
    try plans[place].fill(buffer.address + place * frameBytes, from: slot)
  }

  /// The tensor of as many pictures as one run may have.
  static func batchShape(_ config: aip_session_config) -> [Int] {
    [max(Int(config.batch_size_max), 1)] + shape(config).dropFirst()
  }

  private static func shape(_ config: aip_session_config) -> [Int] {
    let (width, height) = (Int(config.input_width), Int(config.input_height))
    let channels = Int(config.input_channel_order) == AIP_CHANNEL_ORDER_GRAY ? 1 : 3
    return Int(config.input_layout) == AIP_TENSOR_LAYOUT_NCHW
      ? [1, channels, height, width] : [1, height, width, channels]
  }

  /// Why the model's inputs do not fit the configuration; nil where they do.
  private static func fault(_ model: OnnxModel, _ config: aip_session_config) -> String? {
    guard model.inputs.count == 1, let input = model.inputs.first else {
      let names = model.inputs.map { "\"\($0.name)\"" }.joined(separator: ", ")
      return "it wants \(model.inputs.count) inputs (\(names)), one picture is what there is"
    }
    let wanted = shape(config)
    let seen = "input \"\(input.name)\" has shape \(input.shapeText)"
    guard input.shape.count == 4 else {
      return "\(seen), a picture needs four dimensions like \(describe(wanted))"
    }
    if input.shape[0] > AIP_BATCH_SIZE_MAX {
      return "\(seen), at most \(AIP_BATCH_SIZE_MAX) pictures at a time can be given"
    }
    for (side, want) in zip(input.shape, wanted).dropFirst() where side > 0 && side != want {
      return "\(seen), the configuration gives \(describe(wanted))"
    }
    let type = ElementType.of(dtype: config.input_dtype)
    guard input.elementType == type?.onnx else {
      return "input \"\(input.name)\" is \(input.dtypeName), the configuration gives "
        + (type?.name ?? "another type")
    }
    return nil
  }
}

extension OnnxRuntime {
  /// A tensor over memory that the caller keeps alive.
  func tensor(
    over buffer: AlignedBuffer, _ type: ONNXTensorElementDataType, _ shape: [Int], _ what: String
  ) throws(NativeError) -> OpaquePointer {
    var memory: OpaquePointer?
    try check(
      api.pointee.CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory), what)
    defer { api.pointee.ReleaseMemoryInfo(memory) }
    var value: OpaquePointer?
    let sides = shape.map { Int64($0) }
    try check(
      api.pointee.CreateTensorWithDataAsOrtValue(
        memory, buffer.address, buffer.sizeBytes, sides, sides.count, type, &value), what)
    guard let value else { throw NativeError(AIP_STATUS_OUT_OF_MEMORY, "\(what): no memory") }
    return value
  }
}
