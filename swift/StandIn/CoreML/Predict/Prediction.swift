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
    network path: String, unit: ComputeUnit
  ) throws {
    network = try OnnxNetwork(path: path)
    (self.function, self.unit) = (function, unit)
    picture = try Self.picture(of: function)
    switch picture.kind {
    case .image(let width, let height, let color, _):
      let rule = try NetworkInput.PictureRule(file.input, color)
      input = try NetworkInput(
        network.input, width: width, height: height, channels: rule.channels.count)
      pipeline = try file.pipeline.map { try BoxPipeline($0, width: width, height: height) }
      self.rule = rule
    case .multiArray(let shape, _, _):
      input = try NetworkInput(network.input, like: shape)
      (rule, pipeline) = (nil, nil)
    default: throw MLModelError(.io, "The stand-in reads no \(picture.name).")
    }
    names = Self.names(function.outputs, network, file.outputs ?? [:])
    labels = file.labels ?? spec.classLabels
  }

  /// The one input that is no number.
  private static func picture(of function: ModelSpec.FunctionSpec) throws -> FeatureSpec {
    let pictures = function.inputs.filter { [.image, .multiArray].contains($0.description.type) }
    guard let picture = pictures.first, pictures.count == 1 else {
      throw MLModelError(.io, "The stand-in wants one image or array, not \(pictures.count).")
    }
    return picture
  }

  /// The network's output for each of the model's: as told, else the one at its place.
  private static func names(
    _ outputs: [FeatureSpec], _ network: OnnxNetwork, _ told: [String: String]
  ) -> [String: String] {
    let places = outputs.enumerated().map { index, output in
      let place = min(index, network.outputs.count - 1)
      return (output.name, told[output.name] ?? network.outputs[place].name)
    }
    return Dictionary(uniqueKeysWithValues: places)
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
      damages.apply(
        &answer, isBoxes: boxes != nil,
        isScores: boxes != nil && output.name == Self.boxNames[1])
      features[output.name] = try feature(output, answer, backings, damages)
    }
    return try MLDictionaryFeatureProvider(dictionary: features)
  }

  private func feature(
    _ output: FeatureSpec, _ answer: OnnxNetwork.Answer, _ backings: OutputBackings,
    _ damages: Damages
  ) throws -> MLFeatureValue {
    switch output.kind {
    case .multiArray(let declared, let declaredType, _):
      // A model may drop dimensions of 1 that its network has, or the other way round.
      let isSame = declared.reduce(1, *) == answer.values.count && !declared.isEmpty
      let shape = isSame ? declared : answer.shape
      let isOther = damages.has(.answerType)
      let type = isOther ? declaredType == .float32 ? .double : .float32 : declaredType
      let isBacked = shape == declared && !isOther && !damages.has(.answerStrides)
      let backing = try isBacked ? backings.array(for: output.name, shape: shape, type: type) : nil
      let array =
        try backing
        ?? ArrayWriter.array(shape, type, unit, innerStep: damages.has(.answerStrides) ? 3 : 1)
      ArrayWriter.write(answer.values, to: array, unit)
      return MLFeatureValue(multiArray: array)
    case .dictionary(let keyType):
      var chances = chances(answer, keyType)
      if damages.has(.labelMissing), let label = labels.last {
        chances[keyType == .int64 ? AnyHashable(Int(label) ?? 0) : AnyHashable(label)] = nil
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

  /// A classifier's scores by its labels.
  private func chances(
    _ answer: OnnxNetwork.Answer, _ keyType: MLFeatureType
  ) -> [AnyHashable: NSNumber] {
    var chances: [AnyHashable: NSNumber] = [:]
    for (index, value) in answer.values.enumerated() {
      let label = labels.indices.contains(index) ? labels[index] : "\(index)"
      let key: AnyHashable = keyType == .int64 ? Int(label) ?? index : label
      chances[key] = NSNumber(value: Double(unit == .cpu ? value : Float(Float16(value))))
    }
    return chances
  }
}
