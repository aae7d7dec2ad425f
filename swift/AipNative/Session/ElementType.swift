import CAip
import COnnxRuntime

/// Element types of tensors this library reads or writes.
struct ElementType {
  /// The binary definition's number.
  let dtype: Int
  let onnx: ONNXTensorElementDataType
  let name: String
  let sizeBytes: Int

  static let all = [
    ElementType(
      dtype: AIP_DTYPE_F32, onnx: ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, name: "float32", sizeBytes: 4
    ),
    ElementType(
      dtype: AIP_DTYPE_F16, onnx: ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, name: "float16",
      sizeBytes: 2),
    ElementType(
      dtype: AIP_DTYPE_U8, onnx: ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, name: "uint8", sizeBytes: 1),
    ElementType(
      dtype: AIP_DTYPE_I32, onnx: ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, name: "int32", sizeBytes: 4),
    ElementType(
      dtype: AIP_DTYPE_I64, onnx: ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, name: "int64", sizeBytes: 8),
  ]

  static func of(dtype: UInt32) -> ElementType? { all.first { $0.dtype == Int(dtype) } }
  static func of(_ onnx: ONNXTensorElementDataType) -> ElementType? {
    all.first { $0.onnx == onnx }
  }
}
