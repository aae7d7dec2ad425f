import CAip

@_cdecl("aip_graph_open")
public func graphOpen(
  _ model: UnsafePointer<UInt8>?, _ modelBytes: UInt32, _ threadCount: UInt32,
  _ graph: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  answering { () throws(NativeError) in
    let out = try required(graph, "graph")
    out.pointee = nil
    let bytes = UnsafeRawBufferPointer(
      start: try required(model, "model"), count: Int(modelBytes))
    let made = try TensorGraph(bytes: bytes, threadCount: threadCount)
    out.pointee = OpaquePointer(Unmanaged.passRetained(made).toOpaque())
    return AIP_STATUS_OK
  }
}

@_cdecl("aip_graph_describe")
public func graphDescribe(
  _ graph: OpaquePointer?, _ json: UnsafeMutablePointer<UInt8>?, _ capacity: UInt32,
  _ neededBytes: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  answering { () throws(NativeError) in
    let graph = try opened(graph)
    let json = try required(json, "json")
    let neededBytes = try required(neededBytes, "needed_bytes")
    var writer = JsonWriter()
    writer.object {
      $0.tensors("inputs", graph.inputs.tensors)
      $0.tensors("outputs", graph.outputs.tensors)
    }
    neededBytes.pointee = UInt32(writer.text.utf8.count + 1)
    return try writeText(writer.text, to: json, capacity: Int(capacity))
  }
}

@_cdecl("aip_graph_run")
public func graphRun(
  _ graph: OpaquePointer?, _ inputs: UnsafePointer<aip_graph_tensor>?, _ inputCount: UInt32,
  _ outputs: UnsafePointer<aip_graph_tensor>?, _ outputCount: UInt32
) -> Int32 {
  answering { () throws(NativeError) in
    try opened(graph).run(
      UnsafeBufferPointer(start: try required(inputs, "inputs"), count: Int(inputCount)),
      UnsafeBufferPointer(start: try required(outputs, "outputs"), count: Int(outputCount)))
    return AIP_STATUS_OK
  }
}

@_cdecl("aip_graph_close")
public func graphClose(_ graph: OpaquePointer?) {
  guard let graph else { return }
  Unmanaged<TensorGraph>.fromOpaque(UnsafeRawPointer(graph)).release()
}

private func opened(_ graph: OpaquePointer?) throws(NativeError) -> TensorGraph {
  let handle = UnsafeRawPointer(try required(graph, "graph"))
  return Unmanaged<TensorGraph>.fromOpaque(handle).takeUnretainedValue()
}
