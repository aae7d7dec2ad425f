#if canImport(CoreML)
  import CAip
  import CoreML
  import CoreVideo

  /// An array of halves on an IOSurface, which the Neural Engine and the GPU read and write without
  /// a copy: as Core ML wants it, a grey picture as wide as the last axis, and as high as all others
  /// together. Its rows lie apart as Core Video likes.
  struct HalfSurface {
    let buffer: CVPixelBuffer
    let array: MLMultiArray
    let rowBytes: Int

    /// Longest side of a surface that the GPU takes as a texture.
    private static let sideMax = 16384

    /// Nil for a shape that no surface has, and where Core Video makes none: plain memory does it,
    /// too, for the price of a copy.
    init?(_ shape: [Int]) {
      guard let width = shape.last, shape.allSatisfy({ 1...Self.sideMax ~= $0 }) else { return nil }
      var height = 1
      for side in shape.dropLast() {
        height *= side
        if height > Self.sideMax { return nil }
      }
      let attributes: [CFString: Any] = [
        kCVPixelBufferIOSurfacePropertiesKey: [:] as CFDictionary,
        kCVPixelBufferMetalCompatibilityKey: true,
      ]
      var made: CVPixelBuffer?
      let status = CVPixelBufferCreate(
        nil, width, height, kCVPixelFormatType_OneComponent16Half, attributes as CFDictionary, &made
      )
      guard status == kCVReturnSuccess, let made else { return nil }
      buffer = made
      rowBytes = CVPixelBufferGetBytesPerRow(made)
      array = MLMultiArray(pixelBuffer: made, shape: shape as [NSNumber])
    }

    /// Copies the values to dense, row-major memory. HOT: once a frame.
    func copyDense(to target: UnsafeMutableRawPointer) throws(NativeError) {
      guard CVPixelBufferLockBaseAddress(buffer, .readOnly) == kCVReturnSuccess else {
        throw NativeError(AIP_STATUS_INFERENCE, "Cannot lock the model's answer")
      }
      defer { CVPixelBufferUnlockBaseAddress(buffer, .readOnly) }
      array.copyDense(to: target)
    }
  }
#endif
