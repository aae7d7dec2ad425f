import CAip
import CAipKernels

/// What runs a session's model. Each case is a final class, so that the calls of the hot path are
/// direct ones.
enum Engine {
  case onnx(OnnxEngine)
  #if canImport(CoreML)
    case coreMl(CoreMlEngine)
  #endif

  /// The output its head reads.
  var output: OutputTensor {
    switch self {
    case .onnx(let engine): engine.output
    #if canImport(CoreML)
      case .coreMl(let engine): engine.output
    #endif
    }
  }

  /// Pictures of one run, at most.
  var batchSizeMax: Int {
    switch self {
    case .onnx(let engine): engine.batchSizeMax
    #if canImport(CoreML)
      case .coreMl(let engine): engine.batchSizeMax
    #endif
    }
  }

  /// Fills a place of the model's input from a slot's pixels. HOT.
  func fill(
    _ place: Int, from slot: UnsafePointer<UInt8>
  ) throws(NativeError) -> aip_letterbox {
    switch self {
    case .onnx(let engine): try engine.fill(place, from: slot)
    #if canImport(CoreML)
      case .coreMl(let engine): try engine.fill(place, from: slot)
    #endif
    }
  }

  /// Runs the model on the pictures in the first `count` places of its input. HOT.
  func infer(_ count: Int) throws(NativeError) {
    switch self {
    case .onnx(let engine): try engine.infer(count)
    #if canImport(CoreML)
      case .coreMl(let engine): try engine.infer(count)
    #endif
    }
  }

  /// Throws where the answer in a place of the latest run is none. HOT.
  func verify(_ place: Int) throws(NativeError) {
    switch self {
    case .onnx: return
    #if canImport(CoreML)
      case .coreMl(let engine): try engine.verify(place)
    #endif
    }
  }
}
