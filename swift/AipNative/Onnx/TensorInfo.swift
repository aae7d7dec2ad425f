import CAip
import COnnxRuntime

/// Element type and shape of one of a model's inputs or outputs.
struct TensorInfo {
  let name: String
  let elementType: ONNXTensorElementDataType
  /// Dimensions; -1 where one is dynamic.
  let shape: [Int]

  /// "[1, 3, 416, 416]"
  var shapeText: String { describe(shape) }

  /// The type's name in ONNX's terms, in lower case: "float32", "uint8".
  var dtypeName: String { Self.names[elementType.rawValue] ?? "unknown" }

  private static let names: [UInt32: String] = [
    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT.rawValue: "float32",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8.rawValue: "uint8",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8.rawValue: "int8",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16.rawValue: "uint16",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16.rawValue: "int16",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32.rawValue: "int32",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64.rawValue: "int64",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING.rawValue: "string",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL.rawValue: "bool",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16.rawValue: "float16",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE.rawValue: "float64",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32.rawValue: "uint32",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64.rawValue: "uint64",
    ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16.rawValue: "bfloat16",
  ]
}

/// "[1, 3, 416, 416]"
func describe(_ shape: [Int]) -> String {
  "[" + shape.map(String.init).joined(separator: ", ") + "]"
}

extension OnnxRuntime {
  /// Element type and shape of a tensor that exists.
  func shape(of value: OpaquePointer) throws(NativeError) -> (ONNXTensorElementDataType, [Int]) {
    let what = "Cannot read a tensor's shape"
    var info: OpaquePointer?
    try check(api.pointee.GetTensorTypeAndShape(value, &info), what, AIP_STATUS_INFERENCE)
    defer { api.pointee.ReleaseTensorTypeAndShapeInfo(info) }
    return try typeAndShape(info, what, AIP_STATUS_INFERENCE)
  }

  /// Element type and shape out of ONNX Runtime's description of them.
  func typeAndShape(
    _ info: OpaquePointer?, _ what: String, _ code: Int
  ) throws(NativeError) -> (ONNXTensorElementDataType, [Int]) {
    var type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED
    try check(api.pointee.GetTensorElementType(info, &type), what, code)
    var rank = 0
    try check(api.pointee.GetDimensionsCount(info, &rank), what, code)
    var shape = [Int64](repeating: 0, count: rank)
    try check(api.pointee.GetDimensions(info, &shape, rank), what, code)
    return (type, shape.map { Int($0) })
  }
}
