import Foundation
import StandInRuntime

/// A loaded function of a model: the network, and what stands between it and Core ML's features.
final class Prediction {
  let function: ModelSpec.FunctionSpec
  private let network: OnnxNetwork
  private let input: NetworkInput
  private let picture: FeatureSpec
  private let rule: NetworkInput.PictureRule?
  private let pipeline: BoxPipeline?
  private let names: [String: String]
  private let labels: [String]
  private let unit: ComputeUnit

  private static let boxNames = ["coordinates", "confidence"]

  init(
    _ function: ModelSpec.FunctionSpec, _ file: StandInFile, _ spec: ModelSpec,
    network path: String,
    unit: ComputeUnit
  ) throws {
    network = try OnnxNetwork(path: path)
    (self.function, self.unit) = (function, unit)
    let pictures = function.inputs.filter {
      switch $0.kind {
      case .image, .multiArray: true
      default: false
      }
    }
    guard let picture = pictures.first, pictures.count == 1 else {
      throw MLModelError(.io, "The stand-in wants one image or array, not \(pictures.count).")
    }
    self.picture = picture
    var given: [Int]
    var boxes: BoxPipeline?
    switch picture.kind {
    case .image(let width, let height, let color, _):
      let rule = try NetworkInput.PictureRule(file.input, color)
      let channels = rule.channels.count
      let isChannelsLast = network.input.shape.last == channels
      given =
        isChannelsLast ? [1, height, width, channels] : [1, channels, height, width]
      boxes = try file.pipeline.map { try BoxPipeline($0, width: width, height: height) }
      self.rule = rule
    case .multiArray(let shape, _, _):
      (given, rule) = (shape, nil)
    default: (given, rule) = ([], nil)
    }
    pipeline = boxes
    // The network's own shape, its dynamic dimensions as the model gives them.
    let declared = network.input.shape
    if declared.count == given.count {
      given = zip(declared, given).map { $0 > 0 ? $0 : $1 }
    } else if declared.allSatisfy({ $0 > 0 }) {
      given = declared
    }
    input = try NetworkInput(network.input, shape: given)
    var names: [String: String] = [:]
    for (index, output) in function.outputs.enumerated() {
      let fallback = network.outputs[min(index, network.outputs.count - 1)].name
      names[output.name] = file.outputs?[output.name] ?? fallback
    }
    self.names = names
    labels = file.labels ?? spec.classLabels
  }

  /// The answer to one frame.
  func answer(
    _ provider: any MLFeatureProvider, _ backings: OutputBackings, _ damages: Damages
  ) throws -> any MLFeatureProvider {
    var values: [String: MLFeatureValue] = [:]
    for feature in function.inputs {
      values[feature.name] = try InputCheck.value(feature, of: provider)
    }
    guard let value = values[picture.name] else {
      throw MLModelError(.featureType, "Feature \(picture.name) is required but not specified.")
    }
    if let buffer = value.imageBufferValue, let rule {
      try input.fill(from: buffer, rule)
    } else if let array = value.multiArrayValue {
      try input.fill(from: array)
    }
    let raw = try network.run(input.bytes, shape: input.shape)
    let boxes = try pipeline.map { pipeline in
      try pipeline.boxes(
        raw[names[Self.boxNames[0]] ?? ""] ?? .init(shape: [], values: []),
        confidenceMin: Float(values["confidenceThreshold"]?.doubleValue ?? 0.25),
        overlapMax: Float(values["iouThreshold"]?.doubleValue ?? 0.45))
    }
    var features: [String: Any] = [:]
    for output in function.outputs {
      var answer = raw[names[output.name] ?? ""] ?? .init(shape: [], values: [])
      if let boxes {
        answer = output.name == Self.boxNames[0] ? boxes.coordinates : boxes.confidence
      }
      damages.apply(&answer, isBoxes: boxes != nil)
      features[output.name] = try feature(output, answer, backings)
    }
    return try MLDictionaryFeatureProvider(dictionary: features)
  }

  private func feature(
    _ output: FeatureSpec, _ answer: OnnxNetwork.Answer, _ backings: OutputBackings
  ) throws -> MLFeatureValue {
    switch output.kind {
    case .multiArray(let declared, let type, _):
      // A model may drop dimensions of 1 that its network has, or the other way round.
      let isSame = declared.reduce(1, *) == answer.values.count && !declared.isEmpty
      let shape = isSame ? declared : answer.shape
      let array =
        try backings.array(for: output.name, shape: shape, type: type)
        ?? ArrayWriter.array(shape, type, unit)
      ArrayWriter.write(answer.values, to: array, unit)
      return MLFeatureValue(multiArray: array)
    case .dictionary(let keyType):
      var chances: [AnyHashable: NSNumber] = [:]
      for (index, value) in answer.values.enumerated() {
        let label = labels.indices.contains(index) ? labels[index] : "\(index)"
        let chance = NSNumber(value: Double(unit == .cpu ? value : Float(Float16(value))))
        if keyType == .int64 {
          chances[Int(label) ?? index] = chance
        } else {
          chances[label] = chance
        }
      }
      return try MLFeatureValue(dictionary: chances)
    case .string, .int64:
      let best = answer.values.indices.max { answer.values[$0] < answer.values[$1] } ?? 0
      let label = labels.indices.contains(best) ? labels[best] : "\(best)"
      if case .int64 = output.kind { return MLFeatureValue(int64: Int64(label) ?? Int64(best)) }
      return MLFeatureValue(string: label)
    case .double:
      return MLFeatureValue(double: Double(answer.values.first ?? 0))
    default:
      throw MLModelError(.generic, "The stand-in makes no output of the type of \(output.name).")
    }
  }
}
