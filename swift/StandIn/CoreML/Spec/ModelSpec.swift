import Foundation

/// The parts of a model's specification that can be seen from outside (Model.proto of coremltools).
struct ModelSpec {
  let version: Int
  let type: ModelType
  let functions: [FunctionSpec]
  let defaultFunction: String
  let metadata: [MLModelMetadataKey: Any]
  let classLabels: [String]
  /// The bytes of the message that holds the network itself.
  let body: ArraySlice<UInt8>

  enum ModelType: Equatable {
    case program, neuralNetwork, pipeline, other
  }

  /// Inputs and outputs; an ordinary model has one function, named main.
  struct FunctionSpec {
    let name: String
    let inputs: [FeatureSpec]
    let outputs: [FeatureSpec]
    let predictedFeatureName: String?
    let predictedProbabilitiesName: String?
  }

  /// The newest specification of macOS 15.
  static let versionMax = 9

  init(_ bytes: ArraySlice<UInt8>) throws {
    let model = try ProtobufReader.fields(bytes)
    version = model.first { $0.number == 1 }?.integer ?? 0
    guard version > 0, let about = model.first(where: { $0.number == 2 }) else {
      throw ProtobufReader.broken
    }
    guard version <= Self.versionMax else {
      throw MLModelError(
        .io,
        "The model specification version \(version) is newer than the latest one this system "
          + "supports (\(Self.versionMax)).")
    }
    let holder = model.first { $0.number >= 200 }
    body = try Self.body(holder)
    (type, classLabels) = try Self.network(holder)
    let description = try ProtobufReader.fields(about.bytes)
    metadata = try Self.metadata(description.first { $0.number == 100 }?.bytes ?? [])
    let several = try description.filter { $0.number == 20 }.map { field in
      try Self.function(try ProtobufReader.fields(field.bytes), firstField: 1)
    }
    functions = several.isEmpty ? [try Self.function(description, firstField: nil)] : several
    let named = description.first { $0.number == 21 }?.text
    defaultFunction = named ?? functions[0].name
  }

  /// A pipeline that classifies or predicts a number holds the pipeline proper.
  private static func body(_ holder: ProtobufField?) throws -> ArraySlice<UInt8> {
    guard let holder, [200, 201].contains(holder.number) else { return holder?.bytes ?? [] }
    return try ProtobufReader.fields(holder.bytes).first { $0.number == 1 }?.bytes ?? []
  }

  /// The kind of network, and its class labels where it has them.
  private static func network(_ holder: ProtobufField?) throws -> (ModelType, [String]) {
    guard let holder else { return (.other, []) }
    switch holder.number {
    case 200...202: return (.pipeline, [])
    case 303, 500: return (.neuralNetwork, [])
    case 403:
      let fields = try ProtobufReader.fields(holder.bytes)
      guard let labels = fields.first(where: { $0.number == 100 }) else {
        return (.neuralNetwork, [])
      }
      return (.neuralNetwork, try ProtobufReader.fields(labels.bytes).map(\.text))
    case 502: return (.program, [])
    default: return (.other, [])
    }
  }

  private static func function(
    _ fields: [ProtobufField], firstField: Int?
  ) throws -> FunctionSpec {
    // A function numbers its fields from its name on, a model as it always did.
    let isNamed = firstField != nil
    let (input, output, feature, chances) = isNamed ? (2, 3, 4, 5) : (1, 10, 11, 12)
    func text(_ number: Int) -> String? {
      fields.first { $0.number == number }.map(\.text).flatMap { $0.isEmpty ? nil : $0 }
    }
    return FunctionSpec(
      name: isNamed ? text(1) ?? "main" : "main",
      inputs: try fields.filter { $0.number == input }.map { try FeatureSpec($0.bytes) },
      outputs: try fields.filter { $0.number == output }.map { try FeatureSpec($0.bytes) },
      predictedFeatureName: text(feature), predictedProbabilitiesName: text(chances))
  }

  private static func metadata(_ bytes: ArraySlice<UInt8>) throws -> [MLModelMetadataKey: Any] {
    let fields = try ProtobufReader.fields(bytes)
    var metadata: [MLModelMetadataKey: Any] = [:]
    let texts: [(Int, MLModelMetadataKey)] = [
      (1, .description), (2, .versionString), (3, .author), (4, .license),
    ]
    for (number, key) in texts {
      if let field = fields.first(where: { $0.number == number }) { metadata[key] = field.text }
    }
    let own = try ProtobufReader.entries(fields, 100).map { ($0.key, $0.value.text) }
    metadata[.creatorDefinedKey] = Dictionary(own) { _, last in last }
    return metadata
  }
}
