import CAip
import CAipKernels

@_cdecl("aip_thumbnail_luma")
public func thumbnailLuma(
  _ slot: UnsafePointer<UInt8>?, _ region: UnsafePointer<Float>?, _ side: UInt32,
  _ out: UnsafeMutablePointer<UInt8>?
) -> Int32 {
  thumbnail(slot, region, side, out, aip_image_thumbnail_luma)
}

@_cdecl("aip_thumbnail_rgb")
public func thumbnailRgb(
  _ slot: UnsafePointer<UInt8>?, _ region: UnsafePointer<Float>?, _ side: UInt32,
  _ out: UnsafeMutablePointer<UInt8>?
) -> Int32 {
  thumbnail(slot, region, side, out, aip_image_thumbnail_rgb)
}

private typealias ThumbnailKernel = (
  UnsafePointer<aip_image>?, UnsafePointer<Float>?, UInt32, UnsafeMutablePointer<UInt8>?
) -> Int32

private func thumbnail(
  _ slot: UnsafePointer<UInt8>?, _ region: UnsafePointer<Float>?, _ side: UInt32,
  _ out: UnsafeMutablePointer<UInt8>?, _ kernel: ThumbnailKernel
) -> Int32 {
  answering { () throws(NativeError) in
    var image = try slotImage(try required(slot, "slot"))
    let out = try required(out, "out")
    guard (1...UInt32(AIP_THUMBNAIL_SIDE_MAX)).contains(side) else {
      throw .invalidArgument(
        "A thumbnail has 1 to \(AIP_THUMBNAIL_SIDE_MAX) pixels a side, not \(side)")
    }
    if let region { try checkRegion(region) }
    let status = Int(kernel(&image, region, side, out))
    if status == AIP_STATUS_OUT_OF_MEMORY {
      throw NativeError(status, "No memory for the tables of a thumbnail")
    }
    guard status == AIP_STATUS_OK else {
      throw NativeError(status, "The slot's picture is of no known colour")
    }
    return status
  }
}

private func checkRegion(_ region: UnsafePointer<Float>) throws(NativeError) {
  let (left, top, right, bottom) = (region[0], region[1], region[2], region[3])
  guard left >= 0, left < right, right <= 1, top >= 0, top < bottom, bottom <= 1 else {
    throw .invalidArgument(
      "A region is left, top, right, bottom within 0 to 1, each pair in this order, "
        + "not \(left), \(top), \(right), \(bottom)")
  }
}
