import Foundation

/// Reads what a model is made of: MIL.proto, NeuralNetwork.proto and Model.proto of coremltools.
enum StructureReader {
  static func structure(of spec: ModelSpec) throws -> MLModelStructure {
    switch spec.type {
    case .program: .program(try program(spec.body))
    case .neuralNetwork: .neuralNetwork(try network(spec.body))
    case .pipeline: .pipeline(try pipeline(spec.body))
    case .other: .unsupported
    }
  }

  private static func program(_ bytes: ArraySlice<UInt8>) throws -> MLModelStructure.Program {
    let fields = try ProtobufReader.fields(bytes)
    var functions: [String: MLModelStructure.Program.Function] = [:]
    for (name, value) in try ProtobufReader.entries(fields, 2) {
      let function = try ProtobufReader.fields(value.bytes)
      let opset = function.first { $0.number == 2 }?.text ?? ""
      guard let block = try ProtobufReader.entries(function, 3).first?.value.bytes else { continue }
      functions[name] = .init(
        inputs: try named(function, 1), block: try self.block(block, prefix: prefix(opset)))
    }
    return .init(functions: functions)
  }

  /// Operators bear the name of the system that brought their version: CoreML7 came with iOS 17.
  private static func prefix(_ opset: String) -> String {
    opset.hasPrefix("CoreML") ? (Int(opset.dropFirst(6)).map { "ios\($0 + 10)." } ?? "") : ""
  }

  private static func block(
    _ bytes: ArraySlice<UInt8>, prefix: String
  ) throws -> MLModelStructure.Program.Block {
    let fields = try ProtobufReader.fields(bytes)
    return .init(
      inputs: try named(fields, 1), outputNames: fields.filter { $0.number == 2 }.map(\.text),
      operations: try fields.filter { $0.number == 3 }.map {
        try operation($0.bytes, prefix: prefix)
      })
  }

  private static func operation(
    _ bytes: ArraySlice<UInt8>, prefix: String
  ) throws -> MLModelStructure.Program.Operation {
    let fields = try ProtobufReader.fields(bytes)
    let type = fields.first { $0.number == 1 }?.text ?? ""
    var inputs: [String: MLModelStructure.Program.Argument] = [:]
    for (name, value) in try ProtobufReader.entries(fields, 2) {
      let bindings = try ProtobufReader.fields(value.bytes).filter { $0.number == 1 }.map {
        try binding($0.bytes)
      }
      inputs[name] = .init(bindings: bindings)
    }
    return .init(
      operatorName: type == "const" ? type : prefix + type, inputs: inputs,
      outputs: try named(fields, 3),
      blocks: try fields.filter { $0.number == 4 }.map { try block($0.bytes, prefix: prefix) })
  }

  private static func binding(
    _ bytes: ArraySlice<UInt8>
  ) throws -> MLModelStructure.Program.Binding {
    let name = try ProtobufReader.fields(bytes).first { $0.number == 1 }
    return name.map { .name($0.text) } ?? .value(.init())
  }

  private static func named(
    _ fields: [ProtobufField], _ number: Int
  ) throws -> [MLModelStructure.Program.NamedValueType] {
    try fields.filter { $0.number == number }.map { field in
      let name = try ProtobufReader.fields(field.bytes).first { $0.number == 1 }?.text ?? ""
      return .init(name: name, type: .init())
    }
  }

  private static func pipeline(_ bytes: ArraySlice<UInt8>) throws -> MLModelStructure.Pipeline {
    let fields = try ProtobufReader.fields(bytes)
    let models = try fields.filter { $0.number == 1 }.map {
      try structure(of: try ModelSpec($0.bytes))
    }
    let names = fields.filter { $0.number == 2 }.map(\.text)
    return .init(
      subModelNames: names.isEmpty ? models.indices.map { "model\($0)" } : names, subModels: models)
  }

  private static func network(
    _ bytes: ArraySlice<UInt8>
  ) throws -> MLModelStructure.NeuralNetwork {
    let layers = try ProtobufReader.fields(bytes).filter { $0.number == 1 }
    return .init(
      layers: try layers.map { layer in
        let fields = try ProtobufReader.fields(layer.bytes)
        func texts(_ number: Int) -> [String] { fields.filter { $0.number == number }.map(\.text) }
        let kind = fields.first { $0.number >= 100 }?.number ?? 0
        return .init(
          name: texts(1).first ?? "", type: layerTypes[kind] ?? "layer\(kind)",
          inputNames: texts(2), outputNames: texts(3))
      })
  }

  private static let layerTypes = [
    100: "convolution", 120: "pooling", 130: "activation", 140: "innerProduct",
    150: "embedding", 160: "batchnorm", 175: "softmax", 210: "upsample", 230: "add",
    231: "multiply", 250: "unary", 300: "reshape", 301: "flatten", 310: "permute",
    320: "concat", 350: "slice",
  ]
}
