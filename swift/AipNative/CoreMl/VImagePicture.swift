#if canImport(Accelerate)
  import Accelerate
  import CAip
  import CAipKernels

  /// A decoder's frame to a 32BGRA picture by Apple's vImage, on one thread: the planes are scaled,
  /// then the small picture is converted. `bun run bench bgra` measures our own kernel beside it,
  /// which is what sessions use.
  final class VImagePicture {
    private let width: Int
    private let height: Int
    private var info = vImage_YpCbCrToARGB()
    /// The scaled planes: luma, then chroma, interleaved or as two planes.
    private let luma: AlignedBuffer
    private let chroma: AlignedBuffer

    private static let flags = vImage_Flags(kvImageDoNotTile)
    /// From alpha, red, green, blue to the order of 32BGRA.
    private static let order: [UInt8] = [3, 2, 1, 0]

    /// - Parameters:
    ///   - width: of the picture, without its padding, in pixels; even, as the height.
    ///   - isFullRange: 0–255 in the frame, else 16–235; BT.601.
    init(width: Int, height: Int, isFullRange: Bool) throws(NativeError) {
      (self.width, self.height) = (width, height)
      luma = AlignedBuffer(sizeBytes: width * height)
      chroma = AlignedBuffer(sizeBytes: width * height / 2)
      var range =
        isFullRange
        ? vImage_YpCbCrPixelRange(
          Yp_bias: 0, CbCr_bias: 128, YpRangeMax: 255, CbCrRangeMax: 255, YpMax: 255, YpMin: 0,
          CbCrMax: 255, CbCrMin: 0)
        : vImage_YpCbCrPixelRange(
          Yp_bias: 16, CbCr_bias: 128, YpRangeMax: 235, CbCrRangeMax: 240, YpMax: 255, YpMin: 0,
          CbCrMax: 255, CbCrMin: 0)
      // One conversion serves both layouts: they differ in where the values lie.
      try Self.check(
        vImageConvert_YpCbCrToARGB_GenerateConversion(
          kvImage_YpCbCrToARGBMatrix_ITU_R_601_4, &range, &info, kvImage420Yp8_Cb8_Cr8,
          kvImageARGB8888, Self.flags))
    }

    /// - Parameter target: rows of 32BGRA, `rowBytes` apart.
    func run(
      _ image: aip_image, _ target: UnsafeMutableRawPointer, rowBytes: Int
    ) throws(NativeError) {
      var small = Self.buffer(luma.address, width, height, width)
      var picture = Self.buffer(target, width, height, rowBytes)
      try scale(image, 0, Int(image.width), Int(image.height), &small, vImageScale_Planar8)
      let (halfWidth, halfHeight) = (width / 2, height / 2)
      let (sourceWidth, sourceHeight) = (Int(image.width + 1) / 2, Int(image.height + 1) / 2)
      switch Int(image.pixel_format) {
      case AIP_PIXEL_FORMAT_NV12:
        var both = Self.buffer(chroma.address, halfWidth, halfHeight, width)
        try scale(image, 1, sourceWidth, sourceHeight, &both, vImageScale_CbCr8)
        try Self.check(
          vImageConvert_420Yp8_CbCr8ToARGB8888(
            &small, &both, &picture, &info, Self.order, 255, Self.flags))
      case AIP_PIXEL_FORMAT_YUV420P:
        var blue = Self.buffer(chroma.address, halfWidth, halfHeight, halfWidth)
        var red = Self.buffer(
          chroma.address + halfWidth * halfHeight, halfWidth, halfHeight, halfWidth)
        try scale(image, 1, sourceWidth, sourceHeight, &blue, vImageScale_Planar8)
        try scale(image, 2, sourceWidth, sourceHeight, &red, vImageScale_Planar8)
        try Self.check(
          vImageConvert_420Yp8_Cb8_Cr8ToARGB8888(
            &small, &blue, &red, &picture, &info, Self.order, 255, Self.flags))
      default:
        throw .invalidArgument("Pixel format \(image.pixel_format) is not yuv420p or nv12")
      }
    }

    private typealias Scale = (
      UnsafePointer<vImage_Buffer>, UnsafePointer<vImage_Buffer>, UnsafeMutableRawPointer?,
      vImage_Flags
    ) -> vImage_Error

    private func scale(
      _ image: aip_image, _ plane: Int, _ width: Int, _ height: Int, _ to: inout vImage_Buffer,
      _ scale: Scale
    ) throws(NativeError) {
      let planes = [image.plane.0, image.plane.1, image.plane.2]
      let strides = [image.stride_bytes.0, image.stride_bytes.1, image.stride_bytes.2]
      var from = Self.buffer(
        UnsafeMutableRawPointer(mutating: planes[plane]), width, height, Int(strides[plane]))
      try Self.check(scale(&from, &to, nil, Self.flags))
    }

    private static func buffer(
      _ data: UnsafeMutableRawPointer?, _ width: Int, _ height: Int, _ rowBytes: Int
    ) -> vImage_Buffer {
      vImage_Buffer(
        data: data, height: vImagePixelCount(height), width: vImagePixelCount(width),
        rowBytes: rowBytes)
    }

    private static func check(_ error: vImage_Error) throws(NativeError) {
      if error != kvImageNoError {
        throw NativeError(AIP_STATUS_INVALID_ARGUMENT, "vImage refused the picture (\(error))")
      }
    }
  }

  @_cdecl("aip_vimage_create")
  public func vImageCreate(
    _ width: UInt32, _ height: UInt32, _ picture: UnsafeMutablePointer<OpaquePointer?>?
  ) -> Int32 {
    answering { () throws(NativeError) in
      let out = try required(picture, "picture")
      let made = try VImagePicture(width: Int(width), height: Int(height), isFullRange: false)
      out.pointee = OpaquePointer(Unmanaged.passRetained(made).toOpaque())
      return AIP_STATUS_OK
    }
  }

  @_cdecl("aip_vimage_run")
  public func vImageRun(
    _ picture: OpaquePointer?, _ image: UnsafePointer<aip_image>?,
    _ target: UnsafeMutablePointer<UInt8>?, _ rowBytes: UInt32
  ) -> Int32 {
    answering { () throws(NativeError) in
      let handle = UnsafeRawPointer(try required(picture, "picture"))
      try Unmanaged<VImagePicture>.fromOpaque(handle).takeUnretainedValue().run(
        try required(image, "image").pointee,
        UnsafeMutableRawPointer(try required(target, "target")),
        rowBytes: Int(rowBytes))
      return AIP_STATUS_OK
    }
  }

  @_cdecl("aip_vimage_destroy")
  public func vImageDestroy(_ picture: OpaquePointer?) {
    guard let picture else { return }
    Unmanaged<VImagePicture>.fromOpaque(UnsafeRawPointer(picture)).release()
  }
#endif
