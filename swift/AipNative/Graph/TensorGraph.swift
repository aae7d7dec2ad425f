import CAip
import COnnxRuntime

/// A graph of any inputs and outputs, run by ONNX Runtime on the CPU over the caller's memory.
final class TensorGraph {
  let inputs: GraphSide
  let outputs: GraphSide

  private let model: OnnxModel
  private let memory: OpaquePointer

  static let what = "Cannot open the graph"
  static let runFailed = "Cannot run the graph"

  /// - Parameters:
  ///   - bytes: an ONNX model; not needed afterwards.
  ///   - threadCount: threads inside one run; with one, equal inputs give equal bits.
  init(bytes: UnsafeRawBufferPointer, threadCount: UInt32) throws(NativeError) {
    let options = try SessionOptions(try OnnxRuntime.current())
    try options.set(threadCount: threadCount)
    try options.optimiseFully()
    do throws(NativeError) {
      model = try OnnxModel(path: "", bytes: bytes, options: options)
    } catch {
      // The model has no path; the sentence in front would name an empty one.
      let reason = error.message.dropFirst(Session.cannotOpen("").count)
      throw NativeError(Int(error.status), "\(Self.what)\(reason)")
    }
    inputs = try GraphSide("input", model.inputs)
    outputs = try GraphSide("output", model.outputs)
    var memory: OpaquePointer?
    try model.runtime.check(
      model.runtime.api.pointee.CreateCpuMemoryInfo(
        OrtArenaAllocator, OrtMemTypeDefault, &memory), Self.what)
    guard let memory else { throw NativeError(AIP_STATUS_OUT_OF_MEMORY, "\(Self.what): no memory") }
    self.memory = memory
  }

  deinit { model.runtime.api.pointee.ReleaseMemoryInfo(memory) }

  /// Reads the given inputs and writes the given outputs; others are not asked for.
  ///
  /// HOT: once a training step, and once a batch. Nothing is allocated here but by ONNX Runtime.
  func run(
    _ given: UnsafeBufferPointer<aip_graph_tensor>, _ wanted: UnsafeBufferPointer<aip_graph_tensor>
  ) throws(NativeError) {
    defer {
      inputs.release(model.runtime)
      outputs.release(model.runtime)
    }
    try inputs.bind(given, model.runtime, memory)
    try outputs.bind(wanted, model.runtime, memory)
    try model.runtime.check(
      model.runtime.api.pointee.Run(
        model.session, nil, inputs.names, inputs.values, inputs.count, outputs.names,
        outputs.count, outputs.values), Self.runFailed, AIP_STATUS_INFERENCE)
  }
}
