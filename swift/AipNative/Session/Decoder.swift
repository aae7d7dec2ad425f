import CAip

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// From the model's output to the records of a result block.
final class Decoder {
  private let head: Head
  private let detectionLimit: Int
  private var candidates: CandidateList
  private var heap: UnsafeMutablePointer<UInt64>
  private let kept: UnsafeMutablePointer<Candidate>
  private let classFilter: UnsafeMutablePointer<UInt32>?

  var isRaw: Bool {
    if case .raw = head { true } else { false }
  }

  /// - Throws: where the head cannot read the model's output.
  init(
    _ head: Head, _ config: aip_session_config, _ output: OutputTensor, _ what: String
  ) throws(NativeError) {
    let seen = "\(what): output \"\(output.name)\""
    guard let count = head.candidateCount(of: output.shape) else {
      let name = Head.names[Int(config.head)] ?? ""
      throw NativeError(
        AIP_STATUS_MODEL,
        "\(seen) has shape \(describe(output.shape)), head \(name) reads \(head.shapeWanted ?? "")"
          + " for \(config.class_count) classes at \(config.input_width)×\(config.input_height)")
    }
    if case .raw = head {
      guard output.shape.count <= Int(AIP_PAYLOAD_RANK_MAX) else {
        throw NativeError(
          AIP_STATUS_MODEL,
          "\(seen) has \(output.shape.count) dimensions, at most \(AIP_PAYLOAD_RANK_MAX) are possible"
        )
      }
    } else if output.type.dtype != AIP_DTYPE_F32 && output.type.dtype != AIP_DTYPE_F16 {
      throw NativeError(
        AIP_STATUS_MODEL, "\(seen) is \(output.type.name), heads read float32 or float16")
    }
    self.head = head
    detectionLimit = Int(config.detection_limit)
    let capacity = max(count, 1)
    classFilter = config.class_filter_enabled != 0 ? Self.copy(config.class_filter) : nil
    candidates = CandidateList(
      base: .allocate(capacity: capacity), capacity: capacity,
      classFilter: UnsafePointer(classFilter), classFilterWordCount: Int(AIP_CLASS_FILTER_WORDS))
    heap = .allocate(capacity: capacity)
    kept = .allocate(capacity: 2 * detectionLimit)
  }

  deinit {
    candidates.base.deallocate()
    heap.deallocate()
    kept.deallocate()
    classFilter?.deallocate()
  }

  /// Reads the output for the frame in `place` of the latest run and writes its records.
  func decode(
    _ output: OutputTensor, _ place: Int, _ placement: Placement, into result: ResultBlock
  ) throws(NativeError) {
    switch head {
    case .raw:
      try copyPayload(output, place, into: result)
    case .boxes(let head, let overlap):
      guard let count = head.boxCount(of: output.shape), let values = output.floats(place) else {
        throw unexpected(output)
      }
      reserve(count)
      head.decode(values, boxCount: count, into: &candidates)
      keep(Suppression(rule: overlap, limit: detectionLimit), placement, result)
    case .classification(let head):
      guard head.accepts(output.shape), let values = output.floats(place) else {
        throw unexpected(output)
      }
      reserve(head.classCount)
      // Boxes are in the picture's own pixels already.
      let picture = Placement(width: placement.width, height: placement.height)
      head.decode(values, width: placement.width, height: placement.height, into: &candidates)
      let limit = min(detectionLimit, ClassificationHead.answerCountMax)
      keep(Suppression(rule: .allowed, limit: limit), picture, result)
    }
  }

  private func keep(
    _ suppression: Suppression, _ placement: Placement, _ result: ResultBlock
  ) {
    // A box that lies outside the picture takes no place of one within.
    let keptCount = suppression.run(candidates, heap: heap, kept: kept) {
      placement.detection($0) != nil
    }
    var count = 0
    for index in 0..<keptCount {
      guard let detection = placement.detection(kept[index]) else { continue }
      result.detections[count] = detection
      count += 1
    }
    result.descriptor.pointee.candidate_count = UInt32(candidates.count)
    result.descriptor.pointee.detection_count = UInt32(count)
  }

  /// Empties the candidates and makes room: a dynamic output may have grown.
  private func reserve(_ count: Int) {
    if count > candidates.capacity {
      heap.deallocate()
      heap = .allocate(capacity: count)
      candidates.base.deallocate()
      candidates = CandidateList(
        base: .allocate(capacity: count), capacity: count,
        classFilter: UnsafePointer(classFilter), classFilterWordCount: Int(AIP_CLASS_FILTER_WORDS))
    }
    candidates.removeAll()
  }

  private func copyPayload(
    _ output: OutputTensor, _ place: Int, into result: ResultBlock
  ) throws(NativeError) {
    let descriptor = result.descriptor
    let sizeBytes = output.elementCount * output.type.sizeBytes
    let capacityBytes = Int(descriptor.pointee.payload_capacity_bytes)
    guard sizeBytes <= capacityBytes else {
      throw NativeError(
        AIP_STATUS_TRUNCATED,
        "Output \"\(output.name)\" has \(sizeBytes) bytes, the payload area holds \(capacityBytes)")
    }
    guard output.shape.count <= Int(AIP_PAYLOAD_RANK_MAX), let data = output.data(place) else {
      throw unexpected(output)
    }
    memcpy(result.payload, data, sizeBytes)
    descriptor.pointee.payload_bytes = UInt32(sizeBytes)
    descriptor.pointee.payload_dtype = UInt32(output.type.dtype)
    descriptor.pointee.payload_rank = UInt32(output.shape.count)
    withUnsafeMutableBytes(of: &descriptor.pointee.payload_shape) { bytes in
      let sides = bytes.assumingMemoryBound(to: UInt32.self)
      for index in sides.indices {
        sides[index] = index < output.shape.count ? UInt32(output.shape[index]) : 0
      }
    }
  }

  private func unexpected(_ output: OutputTensor) -> NativeError {
    NativeError(
      AIP_STATUS_INFERENCE,
      "Output \"\(output.name)\" has changed to shape \(describe(output.shape)), the head reads "
        + (head.shapeWanted ?? "at most \(AIP_PAYLOAD_RANK_MAX) dimensions"))
  }

  /// The tuple that C's array becomes, as memory that stays.
  private static func copy<Words>(_ words: Words) -> UnsafeMutablePointer<UInt32> {
    let target = UnsafeMutablePointer<UInt32>.allocate(capacity: Int(AIP_CLASS_FILTER_WORDS))
    withUnsafeBytes(of: words) { bytes in
      for index in 0..<Int(AIP_CLASS_FILTER_WORDS) {
        (target + index).initialize(to: bytes.load(fromByteOffset: 4 * index, as: UInt32.self))
      }
    }
    return target
  }
}
