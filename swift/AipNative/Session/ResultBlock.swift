import CAip

/// A result block: the descriptor, room for the detections, the payload area.
struct ResultBlock {
  let descriptor: UnsafeMutablePointer<aip_result_descriptor>
  let detections: UnsafeMutablePointer<aip_detection>
  let payload: UnsafeMutableRawPointer

  init(_ base: UnsafeMutableRawPointer) {
    let detectionsOffset = MemoryLayout<aip_result_descriptor>.size
    let detectionBytes = Int(AIP_DETECTION_COUNT_MAX) * MemoryLayout<aip_detection>.stride
    descriptor = base.assumingMemoryBound(to: aip_result_descriptor.self)
    detections = (base + detectionsOffset).assumingMemoryBound(to: aip_detection.self)
    payload = base + detectionsOffset + detectionBytes
  }

  /// Writes why the frame failed where its detections would stand, cut to their room.
  func write(message: String) {
    let room = Int(AIP_DETECTION_COUNT_MAX) * MemoryLayout<aip_detection>.stride
    var message = message
    descriptor.pointee.payload_bytes = message.withUTF8 { text in
      let count = min(text.count, room)
      UnsafeMutableRawBufferPointer(start: detections, count: room).copyBytes(from: text[..<count])
      return UInt32(count)
    }
  }

  /// Empties the block; what the caller has filled in stays.
  func clear() {
    descriptor.pointee.detection_count = 0
    descriptor.pointee.candidate_count = 0
    descriptor.pointee.payload_bytes = 0
    descriptor.pointee.payload_rank = 0
    descriptor.pointee.preprocess_ms = 0
    descriptor.pointee.inference_ms = 0
    descriptor.pointee.postprocess_ms = 0
  }
}
