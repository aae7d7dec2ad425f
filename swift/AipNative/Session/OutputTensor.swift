import CAip

/// The output a head reads: the answers to the pictures of the latest run, one behind the other,
/// each dense and row-major. The engine that ran the model says where they lie.
final class OutputTensor {
  let name: String
  let type: ElementType
  /// The shape of one picture's answer; of the latest run where it may change.
  private(set) var shape: [Int]
  /// Elements of that shape.
  private(set) var elementCount: Int

  private var base: UnsafeRawPointer?
  private var single: AlignedBuffer?

  /// Most bytes one output may have.
  static let sizeBytesMax = 1 << 30

  /// - Parameter shape: empty dimensions where only a run will tell; see `place`.
  init(name: String, type: ElementType, shape: [Int], elementCount: Int) {
    (self.name, self.type, self.shape, self.elementCount) = (name, type, shape, elementCount)
  }

  /// Says where the answers of the next runs lie; their shape stays. HOT.
  func place(at base: UnsafeRawPointer?) { self.base = base }

  /// Says where the answers lie, and that each has this shape.
  func place(at base: UnsafeRawPointer?, shape: [Int]) {
    self.base = base
    self.shape = shape
    elementCount = shape.reduce(1, *)
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

  /// Made on first use, and again only where an output has grown.
  private func singleBuffer() -> AlignedBuffer {
    let sizeBytes = elementCount * MemoryLayout<Float>.size
    if let single, single.sizeBytes >= sizeBytes { return single }
    let made = AlignedBuffer(sizeBytes: sizeBytes)
    single = made
    return made
  }

  /// Elements of a shape. Throws `code` where it is larger than any output may be.
  static func elementCount(
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
