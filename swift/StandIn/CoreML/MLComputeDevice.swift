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
