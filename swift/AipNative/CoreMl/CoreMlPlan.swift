#if canImport(CoreML)
  import CAip
  import CoreML
  import Dispatch
  import Foundation

  /// Where Core ML means to run the operations of a compiled model, as JSON; see `aip_coreml_plan`.
  func computePlan(
    of compiledPath: String, on units: ComputeUnits
  ) throws(NativeError) -> String {
    guard #available(macOS 14.4, *) else {
      throw NativeError(
        AIP_STATUS_UNSUPPORTED, "Core ML tells where it means to run a model from macOS 14.4 on")
    }
    let outcome = PlanOutcome()
    let done = DispatchSemaphore(value: 0)
    let chosen = units.units
    // The only way to it is asynchronous; the caller's thread has nothing else to do.
    Task.detached {
      do {
        let configuration = MLModelConfiguration()
        configuration.computeUnits = chosen
        let url = URL(fileURLWithPath: compiledPath, isDirectory: true)
        let plan = try await MLComputePlan.load(contentsOf: url, configuration: configuration)
        outcome.text = describe(plan)
      } catch {
        outcome.failure = reason(error)
      }
      done.signal()
    }
    done.wait()
    if let failure = outcome.failure {
      throw NativeError(
        AIP_STATUS_MODEL, "Core ML cannot tell where it means to run the model: \(failure)")
    }
    return outcome.text
  }

  /// Written by the task, and read once it is over.
  private final class PlanOutcome: @unchecked Sendable {
    var text = ""
    var failure: String?
  }

  @available(macOS 14.4, *)
  private func describe(_ plan: MLComputePlan) -> String {
    var writer = JsonWriter()
    writer.array { write(plan.modelStructure, of: plan, to: &$0) }
    return writer.text
  }

  @available(macOS 14.4, *)
  private func write(
    _ structure: MLModelStructure, of plan: MLComputePlan, to writer: inout JsonWriter
  ) {
    switch structure {
    case .program(let program):
      // Of several functions a model is run by its own default, which is called main.
      let function = program.functions["main"] ?? program.functions.values.first
      if let function { write(function.block, of: plan, to: &writer) }
    case .neuralNetwork(let network):
      for layer in network.layers {
        write(layer.type, plan.deviceUsage(for: layer)?.preferred, nil, to: &writer)
      }
    case .pipeline(let pipeline):
      for model in pipeline.subModels { write(model, of: plan, to: &writer) }
    case .unsupported:
      return
    @unknown default:
      return
    }
  }

  @available(macOS 14.4, *)
  private func write(
    _ block: MLModelStructure.Program.Block, of plan: MLComputePlan, to writer: inout JsonWriter
  ) {
    for operation in block.operations {
      let device = plan.deviceUsage(for: operation)?.preferred
      let cost = plan.estimatedCost(of: operation)?.weight
      write(operation.operatorName, device, cost, to: &writer)
      for inner in operation.blocks { write(inner, of: plan, to: &writer) }
    }
  }

  private func write(
    _ name: String, _ device: MLComputeDevice?, _ cost: Double?, to writer: inout JsonWriter
  ) {
    writer.object { writer in
      writer.key("operator")
      writer.string(name)
      writer.key("preferred")
      switch device {
      case .cpu: writer.string("cpu")
      case .gpu: writer.string("gpu")
      case .neuralEngine: writer.string("neuralEngine")
      case nil: writer.null()
      @unknown default: writer.string("another unit")
      }
      writer.key("cost")
      if let cost { writer.number(cost) } else { writer.null() }
    }
  }
#endif
