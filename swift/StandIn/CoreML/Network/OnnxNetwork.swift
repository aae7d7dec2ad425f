import COnnxRuntime
import Foundation

/// A network that ONNX Runtime runs, on one thread.
final class OnnxNetwork {
  struct Tensor {
    let name: String
    /// -1 where a dimension is dynamic.
    let shape: [Int]
    let type: ONNXTensorElementDataType
  }

  struct Answer {
    let shape: [Int]
    let values: [Float]
  }

  let input: Tensor
  let outputs: [Tensor]
  private let library: OnnxLibrary
  private let session: OpaquePointer

  init(path: String) throws {
    library = try OnnxLibrary.shared.get()
    let api = library.api
    var options: OpaquePointer?
    try library.check(api.CreateSessionOptions(&options))
    defer { api.ReleaseSessionOptions(options) }
    try library.check(api.SetIntraOpNumThreads(options, 1))
    var session: OpaquePointer?
    try library.check(api.CreateSession(library.environment, path, options, &session))
    guard let session else { throw MLModelError(.io, "The stand-in has no session for \(path).") }
    self.session = session
    var count = 0
    try library.check(api.SessionGetInputCount(session, &count))
    guard count == 1 else {
      throw MLModelError(.io, "The stand-in's network \(path) has \(count) inputs, not one.")
    }
    input = try Self.tensor(
      library, session, 0, api.SessionGetInputName, api.SessionGetInputTypeInfo)
    try library.check(api.SessionGetOutputCount(session, &count))
    outputs = try (0..<count).map { [library] in
      try Self.tensor(
        library, session, $0, api.SessionGetOutputName, api.SessionGetOutputTypeInfo)
    }
  }

  deinit { library.api.ReleaseSession(session) }

  /// Runs the network on a dense tensor of its input's type.
  func run(_ bytes: UnsafeMutableRawBufferPointer, shape: [Int]) throws -> [String: Answer] {
    let api = library.api
    var memory: OpaquePointer?
    try library.check(api.CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory))
    defer { api.ReleaseMemoryInfo(memory) }
    var value: OpaquePointer?
    let sides = shape.map { Int64($0) }
    try library.check(
      api.CreateTensorWithDataAsOrtValue(
        memory, bytes.baseAddress, bytes.count, sides, sides.count, input.type, &value))
    defer { api.ReleaseValue(value) }
    var results = [OpaquePointer?](repeating: nil, count: outputs.count)
    defer { for result in results { api.ReleaseValue(result) } }
    let names = ([input] + outputs).map { strdup($0.name) }
    defer { for name in names { free(name) } }
    var inputNames = names.prefix(1).map { UnsafePointer($0) }
    var outputNames = names.dropFirst().map { UnsafePointer($0) }
    var values = [value]
    try library.check(
      api.Run(
        session, nil, &inputNames, &values, 1, &outputNames, outputs.count, &results))
    var answers: [String: Answer] = [:]
    for (output, result) in zip(outputs, results) { answers[output.name] = try answer(result) }
    return answers
  }

  private func answer(_ value: OpaquePointer?) throws -> Answer {
    let api = library.api
    var info: OpaquePointer?
    try library.check(api.GetTensorTypeAndShape(value, &info))
    defer { api.ReleaseTensorTypeAndShapeInfo(info) }
    let (type, shape) = try Self.typeAndShape(library, info)
    let count = shape.reduce(1, *)
    var data: UnsafeMutableRawPointer?
    try library.check(api.GetTensorMutableData(value, &data))
    guard let data, count > 0 else { return Answer(shape: shape, values: []) }
    func read<Number>(_ type: Number.Type, _ convert: (Number) -> Float) -> [Float] {
      UnsafeBufferPointer(start: data.assumingMemoryBound(to: type), count: count).map(convert)
    }
    let values =
      switch type {
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT: read(Float.self) { $0 }
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16: read(Float16.self) { Float($0) }
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE: read(Double.self) { Float($0) }
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64: read(Int64.self) { Float($0) }
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32: read(Int32.self) { Float($0) }
      default:
        throw MLModelError(.generic, "The stand-in knows no tensor of type \(type.rawValue).")
      }
    return Answer(shape: shape, values: values)
  }

  private typealias GetName = @convention(c) (
    OpaquePointer?, Int, UnsafeMutablePointer<OrtAllocator>?,
    UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
  ) -> OpaquePointer?
  private typealias GetType = @convention(c) (
    OpaquePointer?, Int, UnsafeMutablePointer<OpaquePointer?>?
  ) -> OpaquePointer?

  private static func tensor(
    _ library: OnnxLibrary, _ session: OpaquePointer, _ index: Int, _ getName: GetName,
    _ getType: GetType
  ) throws -> Tensor {
    let api = library.api
    var allocator: UnsafeMutablePointer<OrtAllocator>?
    try library.check(api.GetAllocatorWithDefaultOptions(&allocator))
    var text: UnsafeMutablePointer<CChar>?
    try library.check(getName(session, index, allocator, &text))
    defer { allocator?.pointee.Free(allocator, text) }
    var info: OpaquePointer?
    try library.check(getType(session, index, &info))
    defer { api.ReleaseTypeInfo(info) }
    var tensor: OpaquePointer?
    try library.check(api.CastTypeInfoToTensorInfo(info, &tensor))
    let (type, shape) = try typeAndShape(library, tensor)
    return Tensor(name: text.map { String(cString: $0) } ?? "", shape: shape, type: type)
  }

  private static func typeAndShape(
    _ library: OnnxLibrary, _ info: OpaquePointer?
  ) throws -> (ONNXTensorElementDataType, [Int]) {
    var type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED
    try library.check(library.api.GetTensorElementType(info, &type))
    var rank = 0
    try library.check(library.api.GetDimensionsCount(info, &rank))
    var shape = [Int64](repeating: 0, count: rank)
    try library.check(library.api.GetDimensions(info, &shape, rank))
    return (type, shape.map { Int($0) })
  }
}
