import CAip
import COnnxRuntime

extension SessionOptions {
  /// Gives the open sides of the model's picture the sizes that the configuration has, so that
  /// every shape in the network is known when it is made ready: Core ML takes no part of it
  /// otherwise, and all of it would run on the CPU.
  ///
  /// ONNX Runtime knows an open side by its name, which only a look at the model tells.
  ///
  /// - Throws: where a side can be given no size, as it has no name.
  func fixShapes(
    path: String, bytes: UnsafeRawBufferPointer?, _ config: aip_session_config
  ) throws(NativeError) {
    let cheap = try SessionOptions(runtime)
    try cheap.set(threadCount: 1)
    try cheap.makeCheapToOpen()
    let model = try OnnxModel(path: path, bytes: bytes, options: cheap)
    let wanted = OnnxInput.batchShape(config)
    // Whatever else does not fit is said when the model is opened.
    guard model.inputs.count == 1, let input = model.inputs.first,
      input.shape.count == wanted.count, input.shape.contains(where: { $0 < 0 })
    else { return }
    let names = try model.sideNames(ofInput: 0)
    let what = Session.cannotOpen(path)
    var sizes: [String: Int] = [:]
    for (axis, side) in input.shape.enumerated() where side < 0 {
      let name = names[axis]
      guard !name.isEmpty, sizes[name] ?? wanted[axis] == wanted[axis] else {
        let why = name.isEmpty ? "no name" : "the name of another, \"\(name)\""
        throw NativeError(
          AIP_STATUS_MODEL,
          "\(what): side \(axis) of input \"\(input.name)\" \(input.shapeText) is open and has "
            + "\(why), so that Core ML, which needs fixed shapes, cannot take it: export it as "
            + describe(wanted))
      }
      sizes[name] = wanted[axis]
    }
    for (name, size) in sizes {
      try runtime.check(
        runtime.api.pointee.AddFreeDimensionOverrideByName(handle, name, Int64(size)), what)
    }
  }
}

extension OnnxModel {
  /// The names of an input's open sides, empty for those that have none or are fixed.
  fileprivate func sideNames(ofInput index: Int) throws(NativeError) -> [String] {
    let api = runtime.api.pointee
    let what = Session.cannotOpen(path)
    var type: OpaquePointer?
    try runtime.check(api.SessionGetInputTypeInfo(session, index, &type), what)
    defer { api.ReleaseTypeInfo(type) }
    var tensor: OpaquePointer?  // Owned by `type`.
    try runtime.check(api.CastTypeInfoToTensorInfo(type, &tensor), what)
    var rank = 0
    try runtime.check(api.GetDimensionsCount(tensor, &rank), what)
    var names = [UnsafePointer<CChar>?](repeating: nil, count: rank)
    try runtime.check(api.GetSymbolicDimensions(tensor, &names, rank), what)
    return names.map { $0.map { String(cString: $0) } ?? "" }
  }
}
