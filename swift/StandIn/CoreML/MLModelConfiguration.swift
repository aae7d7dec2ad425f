import Foundation

public enum MLComputeUnits: Int, Sendable {
  case cpuOnly = 0
  case cpuAndGPU = 1
  case all = 2
  case cpuAndNeuralEngine = 3
}

open class MLModelConfiguration: NSObject, NSCopying {
  open var modelDisplayName: String?
  open var computeUnits: MLComputeUnits = .all
  open var allowLowPrecisionAccumulationOnGPU = false
  open var functionName: String?
  public final var optimizationHints = MLOptimizationHints()

  open func copy(with zone: NSZone? = nil) -> Any {
    let copy = MLModelConfiguration()
    copy.modelDisplayName = modelDisplayName
    copy.computeUnits = computeUnits
    copy.allowLowPrecisionAccumulationOnGPU = allowLowPrecisionAccumulationOnGPU
    copy.functionName = functionName
    copy.optimizationHints = optimizationHints
    return copy
  }
}

public struct MLOptimizationHints: Equatable, Sendable {
  public enum ReshapeFrequency: Int, Sendable {
    case frequent
    case infrequent
  }

  public enum SpecializationStrategy: Int, Sendable {
    case `default`
    case fastPrediction
  }

  public var reshapeFrequency = ReshapeFrequency.frequent
  public var specializationStrategy = SpecializationStrategy.default

  public init() {}
}

open class MLPredictionOptions: NSObject {
  @available(*, deprecated, message: "Use MLModelConfiguration.computeUnits")
  open var usesCPUOnly: Bool {
    get { false }
    set {}
  }
  /// Where outputs may be written: an MLMultiArray or a CVPixelBuffer each, by their names.
  open var outputBackings: [String: Any] = [:]
}
