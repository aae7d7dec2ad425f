import COnnxRuntime

/// Tensors of 1, 2, 3 … pictures over the same memory, so that a run of any size finds its own
/// ready; a model of a fixed number has that one alone.
final class BatchTensors {
  private let runtime: OnnxRuntime
  private let isFixed: Bool
  private var values: [OpaquePointer] = []

  /// - Parameters:
  ///   - buffer: room for the largest; the caller keeps it alive.
  ///   - frameShape: the shape for one picture.
  init(
    _ runtime: OnnxRuntime, over buffer: AlignedBuffer, _ type: ONNXTensorElementDataType,
    frameShape: [Int], _ batch: Batch, _ what: String
  ) throws(NativeError) {
    self.runtime = runtime
    isFixed = batch.fixedSize != nil
    if batch.sizeMax == 1 {
      values.append(try runtime.tensor(over: buffer, type, frameShape, what))
      return
    }
    for count in (isFixed ? batch.sizeMax : 1)...batch.sizeMax {
      let shape = [count] + frameShape.dropFirst()
      values.append(try runtime.tensor(over: buffer, type, shape, what))
    }
  }

  deinit {
    for value in values { runtime.api.pointee.ReleaseValue(value) }
  }

  /// The tensor of a run of `count` pictures.
  func value(for count: Int) -> OpaquePointer { values[isFixed ? 0 : count - 1] }
}
