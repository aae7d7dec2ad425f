import CAip
import COnnxRuntime

/// The inputs or the outputs of a graph, and room for those of one run.
final class GraphSide {
  let tensors: [TensorInfo]
  /// Names and tensors of the run under way, side by side.
  let names: UnsafeMutablePointer<UnsafePointer<CChar>?>
  let values: UnsafeMutablePointer<OpaquePointer?>
  private(set) var count = 0

  /// "input" or "output", for messages.
  private let kind: String
  private let types: [ElementType]
  private let allNames: CStringArray
  private let sides: UnsafeMutablePointer<Int64>

  static let rankMax = Int(AIP_GRAPH_RANK_MAX)

  /// - Throws: where a tensor's type is not one that this library hands over.
  init(_ kind: String, _ tensors: [TensorInfo]) throws(NativeError) {
    var types: [ElementType] = []
    for tensor in tensors {
      guard let type = ElementType.of(tensor.elementType) else {
        let known = ElementType.all.map(\.name).joined(separator: ", ")
        throw NativeError(
          AIP_STATUS_MODEL,
          "\(TensorGraph.what): \(kind) \"\(tensor.name)\" is \(tensor.dtypeName), "
            + "known are \(known)")
      }
      types.append(type)
    }
    (self.kind, self.tensors, self.types) = (kind, tensors, types)
    allNames = CStringArray(tensors.map(\.name))
    let room = max(tensors.count, 1)
    names = .allocate(capacity: room)
    names.initialize(repeating: nil, count: room)
    values = .allocate(capacity: room)
    values.initialize(repeating: nil, count: room)
    sides = .allocate(capacity: Self.rankMax)
    sides.initialize(repeating: 0, count: Self.rankMax)
  }

  deinit {
    names.deallocate()
    values.deallocate()
    sides.deallocate()
  }

  /// Makes tensors over the caller's memory; `release` is due afterwards, also where this throws.
  func bind(
    _ given: UnsafeBufferPointer<aip_graph_tensor>, _ runtime: OnnxRuntime, _ memory: OpaquePointer
  ) throws(NativeError) {
    guard given.count <= tensors.count else {
      throw .invalidArgument(
        "\(TensorGraph.runFailed): \(given.count) \(kind)s were given, it has \(tensors.count)")
    }
    for tensor in given {
      let (type, sizeBytes) = try checked(tensor)
      let address = UInt(tensor.address.1) << 32 | UInt(tensor.address.0)
      guard let data = UnsafeMutableRawPointer(bitPattern: address) else {
        throw fault(tensor, "has no memory")
      }
      try runtime.check(
        runtime.api.pointee.CreateTensorWithDataAsOrtValue(
          memory, data, sizeBytes, sides, Int(tensor.rank), type.onnx, &values[count]),
        TensorGraph.runFailed, AIP_STATUS_INVALID_ARGUMENT)
      names[count] = allNames.pointer[Int(tensor.index)]
      count += 1
    }
  }

  func release(_ runtime: OnnxRuntime) {
    for index in 0..<count {
      runtime.api.pointee.ReleaseValue(values[index])
      values[index] = nil
    }
    count = 0
  }

  /// Puts the tensor's shape into `sides`; throws where it is not what the graph declares.
  private func checked(
    _ tensor: aip_graph_tensor
  ) throws(NativeError) -> (type: ElementType, sizeBytes: Int) {
    guard Int(tensor.index) < tensors.count else {
      throw .invalidArgument(
        "\(TensorGraph.runFailed): there is no \(kind) \(tensor.index), it has \(tensors.count)")
    }
    let declared = tensors[Int(tensor.index)]
    let type = types[Int(tensor.index)]
    guard Int(tensor.dtype) == type.dtype else {
      let given = ElementType.of(dtype: tensor.dtype)?.name ?? "of an unknown type"
      throw fault(tensor, "is \(type.name), the one given is \(given)")
    }
    guard tensor.rank <= AIP_GRAPH_RANK_MAX else {
      throw fault(
        tensor, "was given with \(tensor.rank) dimensions, at most \(Self.rankMax) can be")
    }
    let rank = Int(tensor.rank)
    var fits = rank == declared.shape.count
    var sizeBytes = type.sizeBytes
    withUnsafeBytes(of: tensor.shape) { shape in
      for axis in 0..<rank {
        let side = Int(shape.load(fromByteOffset: 4 * axis, as: UInt32.self))
        if fits, declared.shape[axis] >= 0, declared.shape[axis] != side { fits = false }
        sides[axis] = Int64(side)
        sizeBytes = sizeBytes.multipliedReportingOverflow(by: side).partialValue
      }
    }
    guard fits else {
      let given = (0..<rank).map { Int(sides[$0]) }
      throw fault(tensor, "has shape \(declared.shapeText), the one given \(describe(given))")
    }
    return (type, sizeBytes)
  }

  private func fault(_ tensor: aip_graph_tensor, _ what: String) -> NativeError {
    .invalidArgument(
      "\(TensorGraph.runFailed): \(kind) \"\(tensors[Int(tensor.index)].name)\" \(what)")
  }
}
