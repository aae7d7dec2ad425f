#if canImport(CoreML)
  import CAip
  import CoreML
  import Foundation

  /// A classifier's dictionary of probabilities by class label, as a tensor `[1, C]` f32 in the order
  /// of the model's own labels.
  final class ProbabilitiesAnswer: CoreMlAnswer {
    let tensor: OutputTensor
    let batchSizeMax = 1
    let backings: [String: Any] = [:]

    private let labels: [AnyHashable]
    private let buffer: AlignedBuffer

    /// - Parameter labels: texts or whole numbers, as Core ML gives them.
    init(_ output: MLFeatureDescription, labels: [Any]) throws(NativeError) {
      guard output.type == .dictionary else {
        throw NativeError(AIP_STATUS_MODEL, "output \"\(output.name)\" is no dictionary")
      }
      self.labels = labels.compactMap { $0 as? AnyHashable }
      guard !labels.isEmpty, self.labels.count == labels.count,
        let type = ElementType.of(dtype: UInt32(AIP_DTYPE_F32))
      else {
        throw NativeError(
          AIP_STATUS_MODEL,
          "output \"\(output.name)\" is a dictionary, but the model names no classes")
      }
      buffer = AlignedBuffer(sizeBytes: labels.count * type.sizeBytes)
      tensor = OutputTensor(
        name: output.name, type: type, shape: [1, labels.count], elementCount: labels.count)
      tensor.place(at: UnsafeRawPointer(buffer.address))
    }

    /// HOT: once a frame.
    func take(_ features: any MLFeatureProvider, _ place: Int) throws(NativeError) {
      guard let value = features.featureValue(for: tensor.name), value.type == .dictionary else {
        throw NativeError(AIP_STATUS_INFERENCE, "The model gave no output \"\(tensor.name)\"")
      }
      let probabilities = value.dictionaryValue
      let target = buffer.address.assumingMemoryBound(to: Float.self)
      for (index, label) in labels.enumerated() {
        guard let probability = probabilities[label] else {
          throw NativeError(
            AIP_STATUS_INFERENCE,
            "Output \"\(tensor.name)\" has no probability of class \"\(label)\"")
        }
        target[index] = probability.floatValue
      }
    }
  }
#endif
