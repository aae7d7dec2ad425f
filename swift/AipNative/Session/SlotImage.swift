import CAip
import CAipKernels

/// The picture in a slot, as the kernels take it.
///
/// - Throws: INVALID_ARGUMENT where there is no picture, or where it would reach beyond the slot.
func slotImage(_ slot: UnsafePointer<UInt8>) throws(NativeError) -> aip_image {
  let header = UnsafeRawPointer(slot).assumingMemoryBound(to: aip_slot_header.self)
  let (width, height) = (Int(header.pointee.width), Int(header.pointee.height))
  let sides = 1...Int(AIP_IMAGE_SIDE_MAX)
  guard sides.contains(width), sides.contains(height) else {
    throw .invalidArgument(
      "The slot holds a picture of \(width)×\(height) pixels, 1 to \(sides.upperBound) are possible"
    )
  }
  let (offsets, strides) = (header.pointee.plane_offset_bytes, header.pointee.plane_stride_bytes)
  let chromaHeight = (height + 1) / 2
  let chromaWidth = (width + 1) / 2
  var image = aip_image()
  image.stride_bytes = strides
  image.width = header.pointee.width
  image.height = header.pointee.height
  image.pixel_format = header.pointee.pixel_format
  image.color_matrix = header.pointee.color_matrix
  image.color_range = header.pointee.color_range
  image.source_width = header.pointee.source_width
  image.source_height = header.pointee.source_height

  func plane(
    _ offset: UInt32, _ stride: UInt32, _ rowBytes: Int, _ rows: Int
  ) throws(NativeError) -> UnsafePointer<UInt8> {
    let end = Int(offset) + Int(stride) * (rows - 1) + rowBytes
    guard Int(offset) >= MemoryLayout<aip_slot_header>.size, Int(stride) >= rowBytes,
      end <= Int(header.pointee.slot_bytes)
    else {
      throw .invalidArgument(
        "A plane at byte \(offset) with \(rows) rows \(stride) bytes apart does not fit a slot of "
          + "\(header.pointee.slot_bytes) bytes")
    }
    return slot + Int(offset)
  }

  switch Int(image.pixel_format) {
  case AIP_PIXEL_FORMAT_YUV420P:
    image.plane.0 = try plane(offsets.0, strides.0, width, height)
    image.plane.1 = try plane(offsets.1, strides.1, chromaWidth, chromaHeight)
    image.plane.2 = try plane(offsets.2, strides.2, chromaWidth, chromaHeight)
  case AIP_PIXEL_FORMAT_NV12:
    image.plane.0 = try plane(offsets.0, strides.0, width, height)
    image.plane.1 = try plane(offsets.1, strides.1, 2 * chromaWidth, chromaHeight)
  case AIP_PIXEL_FORMAT_RGB24, AIP_PIXEL_FORMAT_BGR24:
    image.plane.0 = try plane(offsets.0, strides.0, 3 * width, height)
  default:
    throw .invalidArgument("Pixel format \(image.pixel_format) is unknown: known are 0 to 3")
  }
  return image
}

/// Size of the source's picture, which boxes are measured in: that of the slot's pixels, unless the
/// decoder has scaled them down.
func sourceSize(of slot: UnsafePointer<UInt8>) -> (width: UInt32, height: UInt32) {
  let header = UnsafeRawPointer(slot).assumingMemoryBound(to: aip_slot_header.self).pointee
  guard header.source_width > 0, header.source_height > 0 else {
    return (header.width, header.height)
  }
  return (header.source_width, header.source_height)
}
