#if canImport(CoreML)
  import CAip
  import CoreML
  import Dispatch
  import Foundation

  /// Where Core ML means to run the operations of a compiled model, as JSON; see `aip_coreml_plan`.
  func computePlan(
    of compiledPath: String, on units: ComputeUnits, _ options: CoreMlOptions
  ) throws(NativeError) -> String {
    guard #available(macOS 14.4, *) else {
      throw NativeError(
        AIP_STATUS_UNSUPPORTED, "Core ML tells where it means to run a model from macOS 14.4 on")
    }
    let outcome = PlanOutcome()
    let done = DispatchSemaphore(value: 0)
    let function = options.function
    let what = "Core ML cannot tell where it means to run the model"
    let request = PlanRequest(
      configuration: try CoreMlModel.configuration(units, options, what),
      url: URL(fileURLWithPath: compiledPath, isDirectory: true))
    // The only way to it is asynchronous; the caller's thread has nothing else to do.
    Task.detached {
      do {
        let plan = try await MLComputePlan.load(
          contentsOf: request.url, configuration: request.configuration)
        // The thread of a task has no pool that somebody empties.
        outcome.text = autoreleasepool { describe(plan, function) }
      } catch {
        outcome.failure = reason(error)
      }
      done.signal()
    }
    done.wait()
    if let failure = outcome.failure {
      throw NativeError(AIP_STATUS_MODEL, "\(what): \(failure)")
    }
    return outcome.text
  }

  /// Made by the caller, and the task's alone from then on.
  private struct PlanRequest: @unchecked Sendable {
    let configuration: MLModelConfiguration
    let url: URL
  }

  /// Written by the task, and read once it is over.
  private final class PlanOutcome: @unchecked Sendable {
    var text = ""
    var failure: String?
  }

  @available(macOS 14.4, *)
  private func describe(_ plan: MLComputePlan, _ function: String?) -> String {
    var writer = JsonWriter()
    writer.array { write(plan.modelStructure, function, of: plan, to: &$0) }
    return writer.text
  }

  @available(macOS 14.4, *)
  private func write(
    _ structure: MLModelStructure, _ chosen: String?, of plan: MLComputePlan,
    to writer: inout JsonWriter
  ) {
    switch structure {
    case .program(let program):
      // Where none was chosen, a model of several is run by its own default, which is called main.
      let function = program.functions[chosen ?? "main"] ?? program.functions.values.first
      if let function { write(function.block, of: plan, to: &writer) }
    case .neuralNetwork(let network):
      for layer in network.layers {
        write(layer.type, plan.deviceUsage(for: layer)?.preferred, nil, to: &writer)
      }
    case .pipeline(let pipeline):
      for model in pipeline.subModels { write(model, chosen, of: plan, to: &writer) }
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
