import Foundation

/// The `metadata.json` that Apple's compiler leaves in a compiled model, in the form found in
/// published ones: what can be known of such a model without Core ML.
enum CompiledMetadata {
  static func json(of spec: ModelSpec, named name: String) throws -> Data {
    let main = spec.functions[0]
    var model: [String: Any] = [
      "metadataOutputVersion": "3.0",
      "specificationVersion": spec.version,
      "modelType": ["name": typeNames[spec.type] ?? "MLModelType_unknown"],
      "inputSchema": main.inputs.map(schema),
      "outputSchema": main.outputs.map(schema),
      "modelParameters": [Any](),
      "isUpdatable": "0",
      "userDefinedMetadata": spec.metadata[.creatorDefinedKey] ?? [:],
      "generatedClassName": name,
      "method": "predict",
    ]
    for (key, value) in [("author", MLModelMetadataKey.author), ("license", .license)] {
      if let text = spec.metadata[value] { model[key] = text }
    }
    if case .program(let program) = try StructureReader.structure(of: spec) {
      var histogram: [String: Int] = [:]
      for function in program.functions.values { count(function.block, into: &histogram) }
      model["mlProgramOperationTypeHistogram"] = histogram
    }
    return try JSONSerialization.data(withJSONObject: [model], options: [.sortedKeys])
  }

  private static let typeNames: [ModelSpec.ModelType: String] = [
    .program: "MLModelType_mlProgram", .neuralNetwork: "MLModelType_neuralNetwork",
    .pipeline: "MLModelType_pipeline",
  ]

  private static func count(
    _ block: MLModelStructure.Program.Block, into histogram: inout [String: Int]
  ) {
    for operation in block.operations where operation.operatorName != "const" {
      let name = operation.operatorName
      histogram[name.prefix(1).uppercased() + name.dropFirst(), default: 0] += 1
      for inner in operation.blocks { count(inner, into: &histogram) }
    }
  }

  private static func schema(_ feature: FeatureSpec) -> [String: Any] {
    var schema: [String: Any] = [
      "name": feature.name, "isOptional": feature.isOptional ? "1" : "0", "shortDescription": "",
    ]
    switch feature.kind {
    case .image(let width, let height, let color, let isFlexible):
      let isColor = color == .rgb || color == .bgr
      schema["type"] = "Image"
      schema["width"] = "\(width)"
      schema["height"] = "\(height)"
      schema["isColor"] = isColor ? "1" : "0"
      schema["colorspace"] = color == .bgr ? "BGR" : isColor ? "RGB" : "Grayscale"
      schema["hasSizeFlexibility"] = isFlexible ? "1" : "0"
      schema["formattedType"] =
        "Image (\(isColor ? "Color" : "Grayscale") \(width) × \(height))"
    case .multiArray(let shape, let dataType, let isFlexible):
      let name = typeName(dataType)
      let sides = shape.map(String.init)
      schema["type"] = "MultiArray"
      schema["dataType"] = name
      schema["shape"] = "[\(sides.joined(separator: ", "))]"
      schema["hasShapeFlexibility"] = isFlexible ? "1" : "0"
      schema["formattedType"] = "MultiArray (\(name) \(sides.joined(separator: " × ")))"
    case .dictionary(let keyType):
      schema["type"] = "Dictionary"
      schema["keyType"] = keyType == .int64 ? "Int64" : "String"
    case .string: schema["type"] = "String"
    case .int64: schema["type"] = "Int64"
    case .double: schema["type"] = "Double"
    case .sequence: schema["type"] = "Sequence"
    case .state: schema["type"] = "State"
    }
    return schema
  }

  private static func typeName(_ type: MLMultiArrayDataType) -> String {
    switch type {
    case .double: "Double"
    case .float32: "Float32"
    case .float16: "Float16"
    case .int32: "Int32"
    case .int8: "Int8"
    }
  }
}
