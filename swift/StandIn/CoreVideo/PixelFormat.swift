public var kCVPixelFormatType_32ARGB: OSType { 0x0000_0020 }
public var kCVPixelFormatType_32BGRA: OSType { 0x4247_5241 }
public var kCVPixelFormatType_32RGBA: OSType { 0x5247_4241 }
public var kCVPixelFormatType_24RGB: OSType { 0x0000_0018 }
public var kCVPixelFormatType_OneComponent8: OSType { 0x4C30_3038 }
public var kCVPixelFormatType_OneComponent16Half: OSType { 0x4C30_3068 }
public var kCVPixelFormatType_OneComponent32Float: OSType { 0x4C30_3066 }
public var kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange: OSType { 0x3432_3076 }
public var kCVPixelFormatType_420YpCbCr8BiPlanarFullRange: OSType { 0x3432_3066 }
public var kCVPixelFormatType_420YpCbCr8Planar: OSType { 0x7934_3230 }
public var kCVPixelFormatType_420YpCbCr8PlanarFullRange: OSType { 0x6634_3230 }

/// How the pixels of one plane lie in memory.
struct PlaneFormat {
  let bytesPerPixel: Int
  /// Pixels of the picture one sample stands for, in both directions.
  let subsampling: Int

  /// The planes of a pixel format; nil where Core Video has none of that code here.
  static func planes(of format: OSType) -> [PlaneFormat]? {
    switch format {
    case kCVPixelFormatType_32ARGB, kCVPixelFormatType_32BGRA, kCVPixelFormatType_32RGBA,
      kCVPixelFormatType_OneComponent32Float:
      [PlaneFormat(bytesPerPixel: 4, subsampling: 1)]
    case kCVPixelFormatType_24RGB:
      [PlaneFormat(bytesPerPixel: 3, subsampling: 1)]
    case kCVPixelFormatType_OneComponent8:
      [PlaneFormat(bytesPerPixel: 1, subsampling: 1)]
    case kCVPixelFormatType_OneComponent16Half:
      [PlaneFormat(bytesPerPixel: 2, subsampling: 1)]
    case kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
      kCVPixelFormatType_420YpCbCr8BiPlanarFullRange:
      [
        PlaneFormat(bytesPerPixel: 1, subsampling: 1),
        PlaneFormat(bytesPerPixel: 2, subsampling: 2),
      ]
    case kCVPixelFormatType_420YpCbCr8Planar, kCVPixelFormatType_420YpCbCr8PlanarFullRange:
      [
        PlaneFormat(bytesPerPixel: 1, subsampling: 1),
        PlaneFormat(bytesPerPixel: 1, subsampling: 2),
        PlaneFormat(bytesPerPixel: 1, subsampling: 2),
      ]
    default: nil
    }
  }
}
