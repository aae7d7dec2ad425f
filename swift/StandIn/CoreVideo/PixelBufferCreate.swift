import Foundation
import StandInRuntime

@discardableResult
public func CVPixelBufferCreate(
  _ allocator: CFAllocator?, _ width: Int, _ height: Int, _ pixelFormatType: OSType,
  _ pixelBufferAttributes: CFDictionary?,
  _ pixelBufferOut: UnsafeMutablePointer<CVPixelBuffer?>
) -> CVReturn {
  guard width > 0, height > 0 else { return kCVReturnInvalidSize }
  guard let formats = PlaneFormat.planes(of: pixelFormatType) else {
    return kCVReturnInvalidPixelFormat
  }
  let attributes = PixelBufferAttributes(pixelBufferAttributes)
  let storage = PixelStorage(
    formats, width: width, height: height, rowAlignment: attributes.rowAlignment,
    paddingBytes: randomPaddingBytes(), hasSurface: attributes.hasSurface,
    isForMetal: attributes.isForMetal)
  pixelBufferOut.pointee = CVBuffer(
    storage, format: pixelFormatType, width: width, height: height, pool: nil)
  return kCVReturnSuccess
}

public typealias CVPixelBufferReleaseBytesCallback = @convention(c) (
  UnsafeMutableRawPointer?, UnsafeRawPointer?
) -> Void

@discardableResult
public func CVPixelBufferCreateWithBytes(
  _ allocator: CFAllocator?, _ width: Int, _ height: Int, _ pixelFormatType: OSType,
  _ baseAddress: UnsafeMutableRawPointer, _ bytesPerRow: Int,
  _ releaseCallback: CVPixelBufferReleaseBytesCallback?,
  _ releaseRefCon: UnsafeMutableRawPointer?, _ pixelBufferAttributes: CFDictionary?,
  _ pixelBufferOut: UnsafeMutablePointer<CVPixelBuffer?>
) -> CVReturn {
  guard width > 0, height > 0 else { return kCVReturnInvalidSize }
  guard let formats = PlaneFormat.planes(of: pixelFormatType), formats.count == 1 else {
    return kCVReturnInvalidPixelFormat
  }
  guard bytesPerRow >= width * formats[0].bytesPerPixel else { return kCVReturnInvalidArgument }
  let storage = PixelStorage(
    over: baseAddress, width: width, height: height, bytesPerRow: bytesPerRow,
    release: { releaseCallback?(releaseRefCon, baseAddress) })
  pixelBufferOut.pointee = CVBuffer(
    storage, format: pixelFormatType, width: width, height: height, pool: nil)
  return kCVReturnSuccess
}

/// What of a buffer's attributes matters here.
struct PixelBufferAttributes {
  let hasSurface: Bool
  let isForMetal: Bool
  let rowAlignment: Int
  let width: Int?
  let height: Int?
  let format: OSType?

  init(_ dictionary: CFDictionary?) {
    func number(_ key: CFString) -> Int? { (dictionary?[key] as? NSNumber)?.intValue }
    hasSurface = dictionary?[kCVPixelBufferIOSurfacePropertiesKey] != nil
    isForMetal = dictionary?[kCVPixelBufferMetalCompatibilityKey] as? Bool == true
    rowAlignment = max(64, number(kCVPixelBufferBytesPerRowAlignmentKey) ?? 64)
    width = number(kCVPixelBufferWidthKey)
    height = number(kCVPixelBufferHeightKey)
    format = number(kCVPixelBufferPixelFormatTypeKey).map { OSType(truncatingIfNeeded: $0) }
  }
}

/// Bytes after each row besides those that alignment asks for: nobody may count on there being none.
func randomPaddingBytes() -> Int { 64 * (1 + SeededRandom.below(3)) }
