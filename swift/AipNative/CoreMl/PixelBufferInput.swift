#if canImport(CoreML)
  import CAip
  import CAipKernels
  import CoreML
  import CoreVideo

  extension PicturePlan {
    /// Fills a pixel buffer, which is locked meanwhile. HOT: once a frame.
    func fill(
      _ buffer: CVPixelBuffer, from slot: UnsafePointer<UInt8>
    ) throws(NativeError) -> aip_letterbox {
      guard CVPixelBufferLockBaseAddress(buffer, []) == kCVReturnSuccess else {
        throw NativeError(AIP_STATUS_INFERENCE, "Cannot lock the model's picture")
      }
      defer { CVPixelBufferUnlockBaseAddress(buffer, []) }
      guard let base = CVPixelBufferGetBaseAddress(buffer) else {
        throw NativeError(AIP_STATUS_INFERENCE, "The model's picture has no memory")
      }
      return try fill(base, from: slot)
    }
  }

  /// A picture as pixel buffers that lie on IOSurfaces, which the Neural Engine and the GPU read
  /// without a copy. They are made once, one a place, and written anew for every frame: a prediction
  /// has read its picture once it returns.
  ///
  /// Core ML takes colour as 32BGRA, whatever order the network wants, and scales it itself; grey as
  /// 8 bits; or grey in half precision, which our own scale applies to.
  final class PixelBufferInput: PictureInput {
    private struct Place {
      let buffer: CVPixelBuffer
      let plan: PicturePlan
      let features: any MLFeatureProvider
    }

    private let places: [Place]
    private let pool: CVPixelBufferPool

    init(
      _ input: MLFeatureDescription, _ config: aip_session_config,
      others: [String: MLFeatureValue], places count: Int
    ) throws(NativeError) {
      guard let constraint = input.imageConstraint else {
        throw NativeError(AIP_STATUS_MODEL, "input \"\(input.name)\" is a picture of no known size")
      }
      let (width, height) = (Int(config.input_width), Int(config.input_height))
      guard constraint.pixelsWide == width, constraint.pixelsHigh == height else {
        throw NativeError(
          AIP_STATUS_MODEL,
          "input \"\(input.name)\" is a picture of \(constraint.pixelsWide)×"
            + "\(constraint.pixelsHigh) pixels, the configuration gives \(width)×\(height)")
      }
      let format = constraint.pixelFormatType
      let pool = try Self.makePool(format, width, height)
      var options = try Self.options(format, input.name, config)
      var places: [Place] = []
      for _ in 0..<count {
        let buffer = try Self.makeBuffer(pool)
        options.row_bytes = UInt32(CVPixelBufferGetBytesPerRow(buffer))
        let value = MLFeatureValue(pixelBuffer: buffer)
        places.append(
          Place(
            buffer: buffer, plan: try PicturePlan(options),
            features: try pictureFeatures(input.name, value, others)))
      }
      (self.pool, self.places) = (pool, places)
    }

    /// HOT: once a frame.
    func fill(
      _ place: Int, from slot: UnsafePointer<UInt8>
    ) throws(NativeError) -> aip_letterbox {
      try places[place].plan.fill(places[place].buffer, from: slot)
    }

    func features(_ place: Int) -> any MLFeatureProvider { places[place].features }

    private static func options(
      _ format: OSType, _ name: String, _ config: aip_session_config
    ) throws(NativeError) -> aip_preprocess_options {
      var options = aip_preprocess_options(config)
      options.layout = UInt32(AIP_TENSOR_LAYOUT_NHWC)
      if format == kCVPixelFormatType_OneComponent16Half {
        options.channel_order = UInt32(AIP_CHANNEL_ORDER_GRAY)
        options.dtype = UInt32(AIP_DTYPE_F16)
        return options
      }
      // The model has its own scale: it takes pixels as they are.
      options.dtype = UInt32(AIP_DTYPE_U8)
      (options.scale, options.mean, options.std) = (1, (0, 0, 0), (1, 1, 1))
      switch format {
      case kCVPixelFormatType_32BGRA: options.channel_order = UInt32(AIP_CHANNEL_ORDER_BGRA)
      case kCVPixelFormatType_OneComponent8: options.channel_order = UInt32(AIP_CHANNEL_ORDER_GRAY)
      default:
        throw NativeError(
          AIP_STATUS_MODEL,
          "input \"\(name)\" is a picture of pixel format \(format), known are 32BGRA, "
            + "OneComponent8 and OneComponent16Half")
      }
      return options
    }

    private static func makePool(
      _ format: OSType, _ width: Int, _ height: Int
    ) throws(NativeError) -> CVPixelBufferPool {
      let attributes: [CFString: Any] = [
        kCVPixelBufferPixelFormatTypeKey: format,
        kCVPixelBufferWidthKey: width,
        kCVPixelBufferHeightKey: height,
        // Asked for by being there: without it a buffer lies in plain memory and is copied.
        kCVPixelBufferIOSurfacePropertiesKey: [:] as CFDictionary,
        // A texture of it is then the surface itself, where the GPU reads it.
        kCVPixelBufferMetalCompatibilityKey: true,
      ]
      var pool: CVPixelBufferPool?
      let status = CVPixelBufferPoolCreate(nil, nil, attributes as CFDictionary, &pool)
      guard status == kCVReturnSuccess, let pool else {
        throw NativeError(
          AIP_STATUS_OUT_OF_MEMORY,
          "pixel buffers of \(width)×\(height) pixels cannot be made "
            + "(CVReturn \(status))")
      }
      return pool
    }

    private static func makeBuffer(
      _ pool: CVPixelBufferPool
    ) throws(NativeError) -> CVPixelBuffer {
      var buffer: CVPixelBuffer?
      let status = CVPixelBufferPoolCreatePixelBuffer(nil, pool, &buffer)
      guard status == kCVReturnSuccess, let buffer else {
        throw NativeError(
          AIP_STATUS_OUT_OF_MEMORY, "a pixel buffer cannot be made (CVReturn \(status))")
      }
      return buffer
    }
  }
#endif
