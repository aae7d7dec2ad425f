#if canImport(CoreML)
  import CAip
  import CoreML

  /// How Core ML's element types become ours.
  enum ArrayType {
    /// The type we keep its values in: a double becomes f32. Nil for a type no output has.
    static func element(_ type: MLMultiArrayDataType) -> ElementType? {
      switch type {
      case .float16: ElementType.of(dtype: UInt32(AIP_DTYPE_F16))
      case .float32, .double: ElementType.of(dtype: UInt32(AIP_DTYPE_F32))
      case .int32: ElementType.of(dtype: UInt32(AIP_DTYPE_I32))
      default: nil
      }
    }

    /// Core ML's type of an input of ours; nil for one that it has not.
    static func multiArray(_ dtype: UInt32) -> MLMultiArrayDataType? {
      switch Int(dtype) {
      case AIP_DTYPE_F32: .float32
      case AIP_DTYPE_F16: .float16
      default: nil
      }
    }

    static func name(_ type: MLMultiArrayDataType) -> String {
      switch type {
      case .float16: "float16"
      case .float32: "float32"
      case .double: "float64"
      case .int32: "int32"
      default: "of unknown type \(type.rawValue)"
      }
    }
  }
#endif
