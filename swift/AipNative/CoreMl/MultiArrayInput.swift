#if canImport(CoreML)
  import CAip
  import CAipKernels
  import CoreML
  import Foundation

  /// A picture as multi-arrays, written in place, one a place and made once: halves on an IOSurface
  /// where the shape allows, else f16 or f32 over pages of our own.
  final class MultiArrayInput: PictureInput {
    private enum Memory {
      case pages(AlignedBuffer)
      case surface(HalfSurface)
    }

    private struct Place {
      let memory: Memory
      let plan: PicturePlan
      let features: any MLFeatureProvider
    }

    private let places: [Place]

    init(
      _ input: MLFeatureDescription, _ config: aip_session_config,
      others: [String: MLFeatureValue], places count: Int
    ) throws(NativeError) {
      let shape = try Self.shape(input, config)
      guard let type = ArrayType.multiArray(config.input_dtype),
        type == input.multiArrayConstraint?.dataType
      else {
        let seen = input.multiArrayConstraint.map { ArrayType.name($0.dataType) } ?? "no array"
        throw NativeError(
          AIP_STATUS_MODEL,
          "input \"\(input.name)\" is \(seen), the configuration gives "
            + (ElementType.of(dtype: config.input_dtype)?.name ?? "another type"))
      }
      var options = aip_preprocess_options(config)
      // Only planes have rows of the array's last axis.
      let isPlanar = Int(config.input_layout) == AIP_TENSOR_LAYOUT_NCHW
      var places: [Place] = []
      for _ in 0..<count {
        let surface = type == .float16 && isPlanar ? HalfSurface(shape) : nil
        options.row_bytes = UInt32(surface?.rowBytes ?? 0)
        let plan = try PicturePlan(options)
        let (memory, array): (Memory, MLMultiArray)
        if let surface {
          (memory, array) = (.surface(surface), surface.array)
        } else {
          let buffer = AlignedBuffer(
            sizeBytes: plan.sizeBytes, alignment: AlignedBuffer.pageBytes)
          (memory, array) = (.pages(buffer), try multiArray(over: buffer, shape, type))
        }
        let value = MLFeatureValue(multiArray: array)
        places.append(
          Place(
            memory: memory, plan: plan,
            features: try pictureFeatures(input.name, value, others)))
      }
      self.places = places
    }

    /// HOT: once a frame.
    func fill(
      _ place: Int, from slot: UnsafePointer<UInt8>
    ) throws(NativeError) -> aip_letterbox {
      let plan = places[place].plan
      switch places[place].memory {
      case .pages(let buffer): return try plan.fill(buffer.address, from: slot)
      case .surface(let surface): return try plan.fill(surface.buffer, from: slot)
      }
    }

    func features(_ place: Int) -> any MLFeatureProvider { places[place].features }

    /// The model's shape: four dimensions, or three without the batch.
    private static func shape(
      _ input: MLFeatureDescription, _ config: aip_session_config
    ) throws(NativeError) -> [Int] {
      let (width, height) = (Int(config.input_width), Int(config.input_height))
      let isGray = Int(config.input_channel_order) == AIP_CHANNEL_ORDER_GRAY
      let channels = isGray ? 1 : 3
      let wanted =
        Int(config.input_layout) == AIP_TENSOR_LAYOUT_NCHW
        ? [1, channels, height, width] : [1, height, width, channels]
      let shape = input.multiArrayConstraint?.shape.map(\.intValue) ?? []
      guard shape == wanted || shape == Array(wanted.dropFirst()) else {
        throw NativeError(
          AIP_STATUS_MODEL,
          "input \"\(input.name)\" has shape \(describe(shape)), the configuration gives "
            + describe(wanted))
      }
      return shape
    }
  }

  /// A dense, row-major array over memory that the caller keeps alive.
  func multiArray(
    over buffer: AlignedBuffer, _ shape: [Int], _ type: MLMultiArrayDataType
  ) throws(NativeError) -> MLMultiArray {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in strides.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    do {
      return try MLMultiArray(
        dataPointer: buffer.address, shape: shape as [NSNumber], dataType: type,
        strides: strides as [NSNumber], deallocator: nil)
    } catch {
      throw NativeError(
        AIP_STATUS_OUT_OF_MEMORY,
        "an array of shape \(describe(shape)) cannot be made: \(reason(error))")
    }
  }
#endif
