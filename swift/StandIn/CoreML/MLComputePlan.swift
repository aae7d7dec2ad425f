import Foundation
import StandInRuntime

/// Where Core ML means to run a model's operations: on the unit asked for, but for those that the
/// stand-in's file says fall back to the CPU.
public class MLComputePlan {
  public struct DeviceUsage: Sendable {
    public let supported: [MLComputeDevice]
    public let preferred: MLComputeDevice
  }

  public struct Cost: Sendable {
    public let weight: Double
  }

  public let modelStructure: MLModelStructure
  private let unit: ComputeUnit
  private let fallbacks: Set<String>
  /// The sum of `work` over the whole model.
  private let total: Double

  init(_ structure: MLModelStructure, _ unit: ComputeUnit, fallbacks: [String]) {
    (modelStructure, self.unit, self.fallbacks) = (structure, unit, Set(fallbacks))
    total = Self.work(in: structure)
  }

  public static func load(
    contentsOf url: URL, configuration: MLModelConfiguration
  ) async throws -> MLComputePlan {
    let model = try CompiledModel(url)
    _ = try model.function(configuration.functionName)
    return MLComputePlan(
      try StructureReader.structure(of: model.spec), ComputeUnit(configuration.computeUnits),
      fallbacks: model.file.fallbacks ?? [])
  }

  /// Nil for a constant, which nothing executes.
  public func deviceUsage(for operation: MLModelStructure.Program.Operation) -> DeviceUsage? {
    operation.operatorName == "const" ? nil : usage(operation.operatorName)
  }

  public func deviceUsage(for layer: MLModelStructure.NeuralNetwork.Layer) -> DeviceUsage? {
    usage(layer.type)
  }

  public func estimatedCost(of operation: MLModelStructure.Program.Operation) -> Cost? {
    guard operation.operatorName != "const", total > 0 else { return nil }
    return Cost(weight: Self.work(of: operation) / total)
  }

  private func usage(_ name: String) -> DeviceUsage {
    let bare = name.split(separator: ".").last.map(String.init) ?? name
    let runs: ComputeUnit = fallbacks.contains(name) || fallbacks.contains(bare) ? .cpu : unit
    return DeviceUsage(
      supported: runs == .cpu ? [ComputeUnit.cpu.device] : [ComputeUnit.cpu.device, runs.device],
      preferred: runs.device)
  }

  private static func work(in structure: MLModelStructure) -> Double {
    switch structure {
    case .program(let program):
      program.functions.values.reduce(0) { $0 + work(in: $1.block) }
    case .pipeline(let pipeline): pipeline.subModels.reduce(0) { $0 + work(in: $1) }
    case .neuralNetwork, .unsupported: 0
    }
  }

  private static func work(in block: MLModelStructure.Program.Block) -> Double {
    block.operations.reduce(0) { sum, operation in
      operation.blocks.reduce(sum + work(of: operation)) { $0 + work(in: $1) }
    }
  }

  /// A rough guess, as Core ML's is: convolutions and products are most of a network's work.
  private static func work(of operation: MLModelStructure.Program.Operation) -> Double {
    let name = operation.operatorName
    if name == "const" { return 0 }
    return name.hasSuffix("conv") || name.hasSuffix("linear") || name.hasSuffix("matmul") ? 20 : 1
  }
}
