#if canImport(CoreML)
  import CAip

  /// How a Core ML model is loaded, and which of its outputs hold the answer; lines of key=value.
  ///
  /// - `function`: the function of a multi-function model.
  /// - `low-precision=yes`: the GPU may accumulate in half precision.
  /// - `fast-prediction=yes`: a longer specialization, for quicker predictions.
  /// - `reshape=frequent|infrequent`: how often the input's shape changes.
  /// - `output`: the output to read; or `coordinates` and `confidence` of an NMS pipeline; or
  ///   `probabilities` of a classifier, a dictionary by class label.
  /// - `iou-input` and `confidence-input`: the inputs of an NMS pipeline that take its thresholds.
  struct CoreMlOptions {
    var function: String?
    var lowPrecision = false
    var fastPrediction = false
    var reshape: Reshape?
    var answer: AnswerNames?
    var iouInput: String?
    var confidenceInput: String?

    enum Reshape: String {
      case frequent, infrequent
    }

    /// Which outputs hold the answer.
    enum AnswerNames {
      case array(String)
      case boxes(coordinates: String, confidence: String)
      case probabilities(String)
    }

    init(_ text: String) throws(NativeError) {
      var coordinates: String?
      var confidence: String?
      for line in text.split(separator: "\n") {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
          throw .invalidArgument("Core ML option \"\(line)\" has no value: write key=value")
        }
        let value = String(parts[1])
        switch parts[0] {
        case "function": function = value
        case "low-precision": lowPrecision = try Self.choice(line, value)
        case "fast-prediction": fastPrediction = try Self.choice(line, value)
        case "reshape":
          guard let known = Reshape(rawValue: value) else {
            throw .invalidArgument(
              "Core ML option \"\(line)\" is unknown: reshape is frequent or infrequent")
          }
          reshape = known
        case "output": answer = .array(value)
        case "probabilities": answer = .probabilities(value)
        case "iou-input": iouInput = value
        case "confidence-input": confidenceInput = value
        case "coordinates": coordinates = value
        case "confidence": confidence = value
        default: throw .invalidArgument("Core ML option \"\(parts[0])\" is unknown")
        }
      }
      if let coordinates, let confidence {
        answer = .boxes(coordinates: coordinates, confidence: confidence)
      }
    }

    private static func choice(_ line: Substring, _ value: String) throws(NativeError) -> Bool {
      switch value {
      case "yes": return true
      case "no": return false
      default: throw .invalidArgument("Core ML option \"\(line)\" must be yes or no")
      }
    }
  }
#endif
