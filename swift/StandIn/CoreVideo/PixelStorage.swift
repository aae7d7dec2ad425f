import Glibc
import StandInRuntime

/// The memory behind a pixel buffer.
final class PixelStorage {
  let base: UnsafeMutableRawPointer
  let sizeBytes: Int
  let planes: [Plane]
  let surface: IOSurfaceRef?
  /// Whether the GPU has it as a texture.
  let isForMetal: Bool
  private let release: () -> Void

  struct Plane {
    let offset: Int
    let width: Int
    let height: Int
    let bytesPerRow: Int
  }

  /// Core Video's own memory: page-aligned, its rows padded, filled with what no picture holds.
  init(
    _ formats: [PlaneFormat], width: Int, height: Int, rowAlignment: Int, paddingBytes: Int,
    hasSurface: Bool, isForMetal: Bool
  ) {
    var planes: [Plane] = []
    var size = 0
    for format in formats {
      let columns = (width + format.subsampling - 1) / format.subsampling
      let rows = (height + format.subsampling - 1) / format.subsampling
      let packed = columns * format.bytesPerPixel
      let stride = roundUp(packed, rowAlignment) + paddingBytes
      planes.append(Plane(offset: size, width: columns, height: rows, bytesPerRow: stride))
      size += roundUp(stride * rows, rowAlignment)
    }
    var memory: UnsafeMutableRawPointer?
    let sizeBytes = roundUp(size, pixelPageBytes)
    guard posix_memalign(&memory, pixelPageBytes, sizeBytes) == 0, let memory else {
      fatalError("Core ML stand-in: no memory for a pixel buffer of \(sizeBytes) bytes")
    }
    memset(memory, unwrittenByte, sizeBytes)
    (base, self.sizeBytes, self.planes) = (memory, sizeBytes, planes)
    surface = hasSurface ? IOSurfaceRef() : nil
    self.isForMetal = isForMetal
    release = { free(memory) }
  }

  /// Memory of the caller: never an IOSurface.
  init(
    over base: UnsafeMutableRawPointer, width: Int, height: Int, bytesPerRow: Int,
    release: @escaping () -> Void
  ) {
    (self.base, sizeBytes, surface) = (base, bytesPerRow * height, nil)
    isForMetal = false
    planes = [Plane(offset: 0, width: width, height: height, bytesPerRow: bytesPerRow)]
    self.release = release
  }

  deinit { release() }
}

/// A page of Apple silicon.
let pixelPageBytes = 16384

/// What memory holds that nobody has written: NaN as a half or a float, white as a pixel.
let unwrittenByte: Int32 = 0xFF

func roundUp(_ value: Int, _ unit: Int) -> Int { (value + unit - 1) / unit * unit }
