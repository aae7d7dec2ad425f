import Foundation
import StandInRuntime

/// Where Core ML means to run a model's operations: what the description file says of each.
public class MLComputePlan {
  public struct DeviceUsage: Sendable {
    public let supported: [MLComputeDevice]
    public let preferred: MLComputeDevice
  }

  public struct Cost: Sendable {
    public let weight: Double
  }

  public let modelStructure: MLModelStructure

  init(_ structure: MLModelStructure) { modelStructure = structure }

  public static func load(
    contentsOf url: URL, configuration: MLModelConfiguration
  ) async throws -> MLComputePlan {
    throw MLModelError(.io, "not yet")
  }

  public func deviceUsage(for operation: MLModelStructure.Program.Operation) -> DeviceUsage? {
    nil
  }

  public func deviceUsage(for layer: MLModelStructure.NeuralNetwork.Layer) -> DeviceUsage? {
    nil
  }

  public func estimatedCost(of operation: MLModelStructure.Program.Operation) -> Cost? {
    nil
  }
}
