import CAip
import COnnxRuntime

@_cdecl("aip_onnx_info")
public func onnxInfo(_ json: UnsafeMutablePointer<UInt8>?, _ capacity: UInt32) -> Int32 {
  answering { () throws(NativeError) in
    let json = try required(json, "json")
    let runtime = try OnnxRuntime.current()
    let providers = try runtime.providers()
    var writer = JsonWriter()
    writer.object {
      $0.key("version")
      $0.string(runtime.version)
      $0.key("providers")
      $0.array { for provider in providers { $0.string(provider) } }
    }
    return try writeText(writer.text, to: json, capacity: Int(capacity))
  }
}

@_cdecl("aip_onnx_inspect")
public func onnxInspect(
  _ path: UnsafePointer<CChar>?, _ json: UnsafeMutablePointer<UInt8>?, _ capacity: UInt32,
  _ neededBytes: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  answering { () throws(NativeError) in
    let path = String(cString: try required(path, "path"))
    let json = try required(json, "json")
    let neededBytes = try required(neededBytes, "needed_bytes")
    let text = try inspection(of: path, with: try OnnxRuntime.current())
    neededBytes.pointee = UInt32(text.utf8.count + 1)
    return try writeText(text, to: json, capacity: Int(capacity))
  }
}

/// What a model says of itself, as JSON. The model is opened without any optimisation.
private func inspection(of path: String, with runtime: OnnxRuntime) throws(NativeError) -> String {
  let options = try SessionOptions(runtime)
  try options.set(threadCount: 1)
  try options.makeCheapToOpen()
  let model = try OnnxModel(path: path, bytes: nil, options: options)
  let description = try ModelDescription(model)
  var writer = JsonWriter()
  writer.object {
    $0.tensors("inputs", model.inputs)
    $0.tensors("outputs", model.outputs)
    $0.key("metadata")
    $0.object {
      for (key, value) in description.metadata {
        $0.key(key)
        $0.string(value)
      }
    }
    for (key, value) in description.texts {
      $0.key(key)
      $0.string(value)
    }
    $0.key("version")
    $0.number(description.version)
  }
  return writer.text
}

extension JsonWriter {
  mutating func tensors(_ name: String, _ tensors: [TensorInfo]) {
    key(name)
    array {
      for tensor in tensors {
        $0.object {
          $0.key("name")
          $0.string(tensor.name)
          $0.key("dtype")
          $0.string(tensor.dtypeName)
          $0.key("shape")
          $0.array { for side in tensor.shape { $0.number(Int64(side)) } }
        }
      }
    }
  }
}

/// The texts a model carries besides its graph.
private struct ModelDescription {
  /// Custom metadata, in the model's order.
  let metadata: [(String, String)]
  /// Producer, graph, domain and description.
  let texts: [(String, String)]
  let version: Int64

  init(_ model: OnnxModel) throws(NativeError) {
    let (runtime, api) = (model.runtime, model.runtime.api)
    let what = "Cannot read the metadata of \"\(model.path)\""
    var handle: OpaquePointer?
    try runtime.check(api.pointee.SessionGetModelMetadata(model.session, &handle), what)
    defer { api.pointee.ReleaseModelMetadata(handle) }
    texts = [
      (
        "producer",
        try runtime.text(what) { api.pointee.ModelMetadataGetProducerName(handle, $0, $1) }
      ),
      ("graph", try runtime.text(what) { api.pointee.ModelMetadataGetGraphName(handle, $0, $1) }),
      ("domain", try runtime.text(what) { api.pointee.ModelMetadataGetDomain(handle, $0, $1) }),
      (
        "description",
        try runtime.text(what) { api.pointee.ModelMetadataGetDescription(handle, $0, $1) }
      ),
    ]
    var version: Int64 = 0
    try runtime.check(api.pointee.ModelMetadataGetVersion(handle, &version), what)
    // ONNX Runtime gives the largest number for a model without one.
    self.version = version == .max ? 0 : version
    var metadata: [(String, String)] = []
    for key in try runtime.metadataKeys(handle, what) {
      let value = try runtime.text(what) {
        api.pointee.ModelMetadataLookupCustomMetadataMap(handle, $0, key, $1)
      }
      metadata.append((key, value))
    }
    self.metadata = metadata
  }
}

extension OnnxRuntime {
  /// Execution providers this library was built with, as ONNX Runtime names them.
  fileprivate func providers() throws(NativeError) -> [String] {
    var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    var count: Int32 = 0
    let what = "Cannot list the execution providers"
    try check(api.pointee.GetAvailableProviders(&names, &count), what, AIP_STATUS_LIBRARY)
    guard let names else { return [] }
    let list = (0..<Int(count)).compactMap { names[$0].map { String(cString: $0) } }
    try check(api.pointee.ReleaseAvailableProviders(names, count), what, AIP_STATUS_LIBRARY)
    return list
  }

  fileprivate func metadataKeys(
    _ metadata: OpaquePointer?, _ what: String
  ) throws(NativeError) -> [String] {
    var allocator: UnsafeMutablePointer<OrtAllocator>?
    try check(api.pointee.GetAllocatorWithDefaultOptions(&allocator), what)
    var keys: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    var count: Int64 = 0
    try check(
      api.pointee.ModelMetadataGetCustomMetadataMapKeys(metadata, allocator, &keys, &count), what)
    guard let keys else { return [] }
    defer { allocator?.pointee.Free(allocator, keys) }
    return (0..<Int(count)).compactMap { index in
      guard let key = keys[index] else { return nil }
      defer { allocator?.pointee.Free(allocator, key) }
      return String(cString: key)
    }
  }
}
