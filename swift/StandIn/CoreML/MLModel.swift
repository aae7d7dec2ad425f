import Foundation
import StandInRuntime

/// A loaded model. It answers on one thread at a time.
open class MLModel: NSObject {
  public let modelDescription: MLModelDescription
  public let configuration: MLModelConfiguration

  public init(contentsOf url: URL, configuration: MLModelConfiguration) throws {
    throw MLModelError(.io, "not yet")
  }

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

  open func prediction(from input: any MLFeatureProvider) throws -> any MLFeatureProvider {
    try prediction(from: input, options: MLPredictionOptions())
  }

  open func prediction(
    from input: any MLFeatureProvider, options: MLPredictionOptions
  ) throws -> any MLFeatureProvider {
    throw MLModelError(.generic, "not yet")
  }

  /// As Apple has it: in an async function this is the overload that is chosen.
  open func prediction(
    from input: any MLFeatureProvider, options: MLPredictionOptions = MLPredictionOptions()
  ) async throws -> any MLFeatureProvider {
    throw MLModelError(.generic, "not yet")
  }

  open func predictions(fromBatch batch: any MLBatchProvider) throws -> any MLBatchProvider {
    try predictions(from: batch, options: MLPredictionOptions())
  }

  open func predictions(
    from batch: any MLBatchProvider, options: MLPredictionOptions
  ) throws -> any MLBatchProvider {
    throw MLModelError(.generic, "not yet")
  }

  public class func compileModel(at url: URL) throws -> URL {
    throw MLModelError(.io, "not yet")
  }

  public class func compileModel(at url: URL) async throws -> URL {
    throw MLModelError(.io, "not yet")
  }

  public class var availableComputeDevices: [MLComputeDevice] {
    [.cpu(MLCPUComputeDevice()), .gpu(MLGPUComputeDevice())]
  }
}
