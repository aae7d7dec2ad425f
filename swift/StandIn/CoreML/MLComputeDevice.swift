import Foundation
import StandInRuntime

public protocol MLComputeDeviceProtocol: NSObjectProtocol {}

open class MLCPUComputeDevice: NSObject, MLComputeDeviceProtocol, @unchecked Sendable {}

open class MLGPUComputeDevice: NSObject, MLComputeDeviceProtocol, @unchecked Sendable {}

open class MLNeuralEngineComputeDevice: NSObject, MLComputeDeviceProtocol, @unchecked Sendable {
  public let totalCoreCount = 16
}

public enum MLComputeDevice: Equatable, Hashable, CustomStringConvertible, Sendable {
  case cpu(MLCPUComputeDevice)
  case gpu(MLGPUComputeDevice)
  case neuralEngine(MLNeuralEngineComputeDevice)

  public var description: String {
    switch self {
    case .cpu: "CPU"
    case .gpu: "GPU"
    case .neuralEngine: "Neural Engine"
    }
  }

  public static var allComputeDevices: [MLComputeDevice] { MLModel.availableComputeDevices }
}

extension ComputeUnit {
  /// The unit a model is meant for; the processor does whatever that cannot.
  init(_ units: MLComputeUnits) {
    switch units {
    case .cpuOnly: self = .cpu
    case .cpuAndGPU: self = .gpu
    case .all, .cpuAndNeuralEngine:
      self = MLModel.availableUnits.contains(.ane) || units != .all ? .ane : .gpu
    }
  }

  /// Whoever asks gets objects that a pool has to take, as from any Objective-C method.
  var device: MLComputeDevice {
    switch self {
    case .cpu: .cpu(autoreleased(MLCPUComputeDevice()))
    case .gpu: .gpu(autoreleased(MLGPUComputeDevice()))
    case .ane: .neuralEngine(autoreleased(MLNeuralEngineComputeDevice()))
    }
  }
}

extension MLModel {
  static var availableUnits: [ComputeUnit] {
    let faults = Faults.ofProcess
    var units = [ComputeUnit.cpu]
    if !faults.has(.noGpu) { units.append(.gpu) }
    if !faults.has(.noAne) { units.append(.ane) }
    return units
  }

  public class var availableComputeDevices: [MLComputeDevice] { availableUnits.map(\.device) }
}
