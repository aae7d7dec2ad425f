import Foundation

public protocol MLFeatureProvider: NSObjectProtocol {
  var featureNames: Set<String> { get }
  func featureValue(for featureName: String) -> MLFeatureValue?
}

public protocol MLBatchProvider: NSObjectProtocol {
  var count: Int { get }
  func features(at index: Int) -> any MLFeatureProvider
}

open class MLDictionaryFeatureProvider: NSObject, MLFeatureProvider {
  open private(set) var dictionary: [String: MLFeatureValue]

  /// - Throws: where a value is none that Core ML can wrap.
  public init(dictionary: [String: Any]) throws {
    self.dictionary = try dictionary.mapValues(Self.wrap)
    super.init()
  }

  open var featureNames: Set<String> { Set(dictionary.keys) }

  open func featureValue(for featureName: String) -> MLFeatureValue? { dictionary[featureName] }

  open subscript(featureName: String) -> MLFeatureValue? { dictionary[featureName] }

  private static func wrap(_ value: Any) throws -> MLFeatureValue {
    switch value {
    case let value as MLFeatureValue: return value
    case let value as MLMultiArray: return MLFeatureValue(multiArray: value)
    case let value as CVPixelBuffer: return MLFeatureValue(pixelBuffer: value)
    case let value as String: return MLFeatureValue(string: value)
    case let value as Double: return MLFeatureValue(double: value)
    case let value as Int: return MLFeatureValue(int64: Int64(value))
    case let value as NSNumber: return MLFeatureValue(double: value.doubleValue)
    case let value as [AnyHashable: NSNumber]: return try MLFeatureValue(dictionary: value)
    default:
      throw MLModelError(.featureType, "Unable to wrap \(type(of: value)) as a feature value.")
    }
  }
}

open class MLArrayBatchProvider: NSObject, MLBatchProvider {
  open private(set) var array: [any MLFeatureProvider]

  public init(array: [any MLFeatureProvider]) {
    self.array = array
    super.init()
  }

  public init(dictionary: [String: [Any]]) throws {
    let count = dictionary.values.first?.count ?? 0
    guard dictionary.values.allSatisfy({ $0.count == count }) else {
      throw MLModelError(.featureType, "The arrays of a batch must have the same length.")
    }
    array = try (0..<count).map { index in
      try MLDictionaryFeatureProvider(dictionary: dictionary.mapValues { $0[index] })
    }
    super.init()
  }

  open var count: Int { array.count }

  open func features(at index: Int) -> any MLFeatureProvider { array[index] }
}
