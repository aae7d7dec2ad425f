import Foundation

open class MLFeatureDescription: NSObject {
  public let name: String
  public let type: MLFeatureType
  public let isOptional: Bool
  public let imageConstraint: MLImageConstraint?
  public let multiArrayConstraint: MLMultiArrayConstraint?
  public let dictionaryConstraint: MLDictionaryConstraint?

  package init(
    name: String, type: MLFeatureType, isOptional: Bool = false,
    imageConstraint: MLImageConstraint? = nil,
    multiArrayConstraint: MLMultiArrayConstraint? = nil,
    dictionaryConstraint: MLDictionaryConstraint? = nil
  ) {
    (self.name, self.type, self.isOptional) = (name, type, isOptional)
    self.imageConstraint = imageConstraint
    self.multiArrayConstraint = multiArrayConstraint
    self.dictionaryConstraint = dictionaryConstraint
  }

  open func isAllowedValue(_ value: MLFeatureValue) -> Bool {
    value.isUndefined ? isOptional : value.type == type
  }
}

public struct MLModelMetadataKey: RawRepresentable, Hashable, Sendable {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let description = MLModelMetadataKey(rawValue: "MLModelDescriptionKey")
  public static let versionString = MLModelMetadataKey(rawValue: "MLModelVersionStringKey")
  public static let author = MLModelMetadataKey(rawValue: "MLModelAuthorKey")
  public static let license = MLModelMetadataKey(rawValue: "MLModelLicenseKey")
  public static let creatorDefinedKey = MLModelMetadataKey(rawValue: "MLModelCreatorDefinedKey")
}

open class MLModelDescription: NSObject {
  public let inputDescriptionsByName: [String: MLFeatureDescription]
  public let outputDescriptionsByName: [String: MLFeatureDescription]
  public let stateDescriptionsByName: [String: MLFeatureDescription] = [:]
  public let predictedFeatureName: String?
  public let predictedProbabilitiesName: String?
  public let classLabels: [Any]?
  public let metadata: [MLModelMetadataKey: Any]
  public let isUpdatable = false

  package init(
    inputs: [MLFeatureDescription], outputs: [MLFeatureDescription],
    predictedFeatureName: String?, predictedProbabilitiesName: String?, classLabels: [Any]?,
    metadata: [MLModelMetadataKey: Any]
  ) {
    inputDescriptionsByName = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0) })
    outputDescriptionsByName = Dictionary(uniqueKeysWithValues: outputs.map { ($0.name, $0) })
    self.predictedFeatureName = predictedFeatureName
    self.predictedProbabilitiesName = predictedProbabilitiesName
    (self.classLabels, self.metadata) = (classLabels, metadata)
  }
}
