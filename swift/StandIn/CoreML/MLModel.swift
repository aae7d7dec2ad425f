import Foundation
import StandInRuntime

/// A loaded model. It answers on one thread at a time.
open class MLModel: NSObject, @unchecked Sendable {
  public let modelDescription: MLModelDescription
  public let configuration: MLModelConfiguration
  private let prediction: Prediction
  private let unit: ComputeUnit
  /// Those of the process when it was loaded, and those of its package.
  private let faults: [Faults]
  private let entrance = Mutex()

  /// Answers of threads without an autorelease pool, after which their IOSurfaces run out.
  static let strandedCountMax = 1000

  public init(contentsOf url: URL, configuration: MLModelConfiguration) throws {
    Ledger.add(.loads)
    let compiled = try CompiledModel(url)
    unit = ComputeUnit(configuration.computeUnits)
    faults = [Faults.ofProcess, compiled.faults]
    try Self.suffer(faults, unit)
    let function = try compiled.function(configuration.functionName)
    prediction = try Prediction(
      function, compiled.file, compiled.spec, network: compiled.network(of: function), unit: unit)
    modelDescription = compiled.spec.description(of: function, labels: compiled.file.labels)
    guard let copy = configuration.copy() as? MLModelConfiguration else {
      throw MLModelError(.generic, "The configuration cannot be copied.")
    }
    self.configuration = copy
    super.init()
    Ledger.add(.liveModels)
  }

  deinit { Ledger.add(.liveModels, -1) }

  public convenience init(contentsOf url: URL) throws {
    try self.init(contentsOf: url, configuration: MLModelConfiguration())
  }

  public class func load(
    contentsOf url: URL, configuration: MLModelConfiguration = MLModelConfiguration()
  ) async throws -> MLModel {
    try MLModel(contentsOf: url, configuration: configuration)
  }

  public class func load(
    contentsOf url: URL, configuration: MLModelConfiguration,
    completionHandler handler: @escaping (Result<MLModel, any Error>) -> Void
  ) {
    handler(Result { try MLModel(contentsOf: url, configuration: configuration) })
  }

  private static func suffer(_ faults: [Faults], _ unit: ComputeUnit) throws {
    // Seen on virtual machines: asked for a Neural Engine that is not there, a load never ends.
    if unit == .ane && !availableUnits.contains(.ane) { Faults.hang() }
    for faults in faults {
      if faults.has(.loadCrash, on: unit) { abort() }
      if faults.has(.loadHang, on: unit) { Faults.hang() }
      if faults.has(.loadFail, on: unit) {
        throw MLModelError(.generic, "Failed to build the model execution plan.")
      }
      Faults.sleep(milliseconds: faults.milliseconds(.loadMs, on: unit))
    }
  }

  open func prediction(from input: any MLFeatureProvider) throws -> any MLFeatureProvider {
    try prediction(from: input, options: MLPredictionOptions())
  }

  open func prediction(
    from input: any MLFeatureProvider, options: MLPredictionOptions
  ) throws -> any MLFeatureProvider {
    let backings = OutputBackings(options.outputBackings, faults)
    return try entered {
      try backings.check(prediction.function.outputs)
      return try answer(input, backings)
    }
  }

  /// As Apple has it: in an async function this is the overload that is chosen.
  open func prediction(
    from input: any MLFeatureProvider, options: MLPredictionOptions = MLPredictionOptions()
  ) async throws -> any MLFeatureProvider {
    try predictionNow(input, options)
  }

  private func predictionNow(
    _ input: any MLFeatureProvider, _ options: MLPredictionOptions
  ) throws -> any MLFeatureProvider {
    try prediction(from: input, options: options)
  }

  open func predictions(fromBatch batch: any MLBatchProvider) throws -> any MLBatchProvider {
    try predictions(from: batch, options: MLPredictionOptions())
  }

  /// Output backings are not for batches: they are ignored.
  open func predictions(
    from batch: any MLBatchProvider, options: MLPredictionOptions
  ) throws -> any MLBatchProvider {
    try entered {
      Ledger.add(.backingsIgnored, options.outputBackings.count)
      var answers = try (0..<batch.count).map { try answer(batch.features(at: $0), .none) }
      if faults.contains(where: { $0.has(.answerCount, on: unit) }) { answers.removeLast() }
      return autoreleased(MLArrayBatchProvider(array: answers))
    }
  }

  private func answer(
    _ input: any MLFeatureProvider, _ backings: OutputBackings
  ) throws -> any MLFeatureProvider {
    guard AutoreleasePools.current.strandedCount < Self.strandedCountMax else {
      throw MLModelError(.generic, "Failed to create an IOSurface: too many are in use.")
    }
    Ledger.add(.predictions)
    let ordinal = Ledger.count(.predictions)
    let damages = Damages(faults.map { Damage($0, unit, ordinal) })
    try damages.strike()
    let answer = try prediction.answer(input, backings, damages)
    return autoreleased(answer)
  }

  /// Lets one thread in at a time; a second one is a fault, not a wait.
  private func entered<Result>(_ body: () throws -> Result) throws -> Result {
    guard entrance.tryLock() else {
      Ledger.violation("one MLModel was entered by two threads at once")
      throw MLModelError(.generic, "The model is being used by another thread.")
    }
    defer { entrance.unlock() }
    return try body()
  }
}
