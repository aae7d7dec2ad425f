#if canImport(CoreML)
  import CAip
  import CoreML

  /// The compute units of Core ML that a device stands for.
  struct ComputeUnits {
    let units: MLComputeUnits
    let name: String

    init(_ number: UInt32) throws(NativeError) {
      switch Int(number) {
      case AIP_COMPUTE_UNITS_CPU_ONLY: (units, name) = (.cpuOnly, "the CPU")
      case AIP_COMPUTE_UNITS_CPU_AND_GPU: (units, name) = (.cpuAndGPU, "the GPU")
      case AIP_COMPUTE_UNITS_CPU_AND_NEURAL_ENGINE:
        (units, name) = (.cpuAndNeuralEngine, "the Neural Engine")
      default:
        throw .invalidArgument("Compute units \(number) are unknown: known are 0, 1 and 3")
      }
    }

    /// Throws where this machine lacks the unit. A load for a Neural Engine that is not there, as on
    /// a virtual machine, may hang instead of failing.
    func requirePresent() throws(NativeError) {
      let isPresent =
        switch units {
        case .cpuAndGPU: Self.present().contains("gpu")
        case .cpuAndNeuralEngine: Self.present().contains("ane")
        default: true
        }
      guard isPresent else {
        throw NativeError(AIP_STATUS_UNSUPPORTED, "Core ML does not find \(name) on this machine")
      }
    }

    /// The kinds of unit this machine has, by the names of our devices. Core ML's own objects for
    /// them go with the pool.
    static func present() -> [String] {
      autoreleasepool {
        var kinds: [String] = []
        for device in MLModel.availableComputeDevices {
          let kind: String
          switch device {
          case .cpu: kind = "cpu"
          case .gpu: kind = "gpu"
          case .neuralEngine: kind = "ane"
          @unknown default: continue
          }
          if !kinds.contains(kind) { kinds.append(kind) }
        }
        return kinds
      }
    }
  }
#endif
