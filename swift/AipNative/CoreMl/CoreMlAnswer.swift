#if canImport(CoreML)
  import CAip
  import CoreML

  /// What reads the outputs of a prediction into the tensor a head reads. Everything Core ML made for
  /// the prediction may be gone afterwards: what is not in memory of our own is copied.
  protocol CoreMlAnswer: AnyObject {
    var tensor: OutputTensor { get }

    /// Frames whose answers it can keep apart.
    var batchSizeMax: Int { get }

    /// Where the prediction on one picture should write; Core ML may do otherwise.
    var backings: [String: Any] { get }

    /// Takes the answer to the picture in a place.
    func take(_ features: any MLFeatureProvider, _ place: Int) throws(NativeError)
  }

  /// The reader of the outputs that the options name.
  func coreMlAnswer(
    _ model: CoreMlModel, _ options: CoreMlOptions, _ config: aip_session_config
  ) throws(NativeError) -> any CoreMlAnswer {
    let description = model.model.modelDescription
    let outputs = description.outputDescriptionsByName
    do throws(NativeError) {
      switch options.answer {
      case .array(let name):
        return try ArrayAnswer(try output(name, outputs), config)
      case .boxes(let coordinates, let confidence):
        return try BoxesAnswer(
          try output(coordinates, outputs), try output(confidence, outputs), config)
      case .probabilities(let name):
        let output = try output(name, outputs)
        if output.type == .multiArray { return try ArrayAnswer(output, config) }
        return try ProbabilitiesAnswer(output, labels: description.classLabels ?? [])
      case nil:
        throw .invalidArgument("no output is named that holds the answer")
      }
    } catch {
      throw NativeError(Int(error.status), "\(Session.cannotOpen(model.path)): \(error.message)")
    }
  }

  private func output(
    _ name: String, _ outputs: [String: MLFeatureDescription]
  ) throws(NativeError) -> MLFeatureDescription {
    if let output = outputs[name] { return output }
    let known = outputs.keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
    throw NativeError(AIP_STATUS_MODEL, "it has no output \"\(name)\" (known: \(known))")
  }

  extension MLFeatureProvider {
    /// The array in an output of a prediction.
    func array(_ name: String) throws(NativeError) -> MLMultiArray {
      guard let array = featureValue(for: name)?.multiArrayValue else {
        throw NativeError(AIP_STATUS_INFERENCE, "The model gave no output \"\(name)\"")
      }
      return array
    }
  }
#endif
