import Foundation
import StandInRuntime

/// An input or output as the specification has it (FeatureTypes.proto of coremltools).
struct FeatureSpec {
  let name: String
  let isOptional: Bool
  let kind: Kind

  enum Kind {
    case int64, double, string, sequence, state
    case image(width: Int, height: Int, color: ColorSpace, isFlexible: Bool)
    case multiArray(shape: [Int], dataType: MLMultiArrayDataType, isFlexible: Bool)
    case dictionary(keyType: MLFeatureType)
  }

  enum ColorSpace: Int {
    case gray = 10
    case rgb = 20
    case bgr = 30
    case grayHalf = 40
  }

  init(_ bytes: ArraySlice<UInt8>) throws {
    let fields = try ProtobufReader.fields(bytes)
    name = fields.first { $0.number == 1 }?.text ?? ""
    let type = try ProtobufReader.fields(fields.first { $0.number == 3 }?.bytes ?? [])
    isOptional = type.contains { $0.number == 1000 && $0.value != 0 }
    guard let chosen = type.first(where: { $0.number != 1000 }) else {
      throw MLModelError(.io, "Feature \(name) has no type.")
    }
    let details = try ProtobufReader.fields(chosen.bytes)
    func number(_ field: Int) -> Int? { details.first { $0.number == field }?.integer }
    switch chosen.number {
    case 1: kind = .int64
    case 2: kind = .double
    case 3: kind = .string
    case 4:
      guard let color = ColorSpace(rawValue: number(3) ?? 0) else {
        throw MLModelError(.io, "Image feature \(name) has no valid color space.")
      }
      kind = .image(
        width: number(1) ?? 0, height: number(2) ?? 0, color: color,
        isFlexible: details.contains { [21, 31].contains($0.number) })
    case 5:
      let shape = try ProtobufReader.integers(details, 1)
      guard let type = MLMultiArrayDataType(rawValue: number(2) ?? 0) else {
        throw MLModelError(.io, "MultiArray feature \(name) has no valid data type.")
      }
      kind = .multiArray(
        shape: shape, dataType: type,
        isFlexible: details.contains { [21, 31].contains($0.number) })
    case 6: kind = .dictionary(keyType: details.contains { $0.number == 1 } ? .int64 : .string)
    case 7: kind = .sequence
    case 8: kind = .state
    default: throw MLModelError(.io, "Feature \(name) is of a type newer than this Core ML.")
    }
  }

  /// As `MLModelDescription` shows it.
  var description: MLFeatureDescription {
    switch kind {
    case .int64: MLFeatureDescription(name: name, type: .int64, isOptional: isOptional)
    case .double: MLFeatureDescription(name: name, type: .double, isOptional: isOptional)
    case .string: MLFeatureDescription(name: name, type: .string, isOptional: isOptional)
    case .sequence: MLFeatureDescription(name: name, type: .sequence, isOptional: isOptional)
    case .state: MLFeatureDescription(name: name, type: .state, isOptional: isOptional)
    case .image(let width, let height, let color, let isFlexible):
      MLFeatureDescription(
        name: name, type: .image, isOptional: isOptional,
        imageConstraint: MLImageConstraint(
          width: width, height: height, format: color.pixelFormat, isFlexible: isFlexible))
    case .multiArray(let shape, let dataType, let isFlexible):
      MLFeatureDescription(
        name: name, type: .multiArray, isOptional: isOptional,
        multiArrayConstraint: MLMultiArrayConstraint(
          shape: shape, dataType: dataType, isFlexible: isFlexible))
    case .dictionary(let keyType):
      MLFeatureDescription(
        name: name, type: .dictionary, isOptional: isOptional,
        dictionaryConstraint: MLDictionaryConstraint(keyType: keyType))
    }
  }
}

extension FeatureSpec.ColorSpace {
  /// The pixels Core ML takes: colour as BGRA, whatever order the network wants.
  var pixelFormat: OSType {
    switch self {
    case .rgb, .bgr: kCVPixelFormatType_32BGRA
    case .gray: kCVPixelFormatType_OneComponent8
    case .grayHalf: kCVPixelFormatType_OneComponent16Half
    }
  }
}
