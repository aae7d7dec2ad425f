import CAip
import CAipKernels

extension Session {
  /// Answers several frames by one run of the model; see `aip_session_run_batch`.
  ///
  /// A frame whose picture cannot be read fails alone: its place keeps what it held before. Places
  /// beyond `count` in a model of a fixed number do too; what the model makes of them is not read.
  ///
  /// HOT: once a batch. Nothing is allocated here but by the engine.
  func run(
    count: Int, slots: UnsafePointer<UnsafePointer<UInt8>?>,
    results: UnsafePointer<UnsafeMutablePointer<UInt8>?>
  ) throws(NativeError) {
    var isAnyReady = false
    for place in 0..<count {
      let startedMs = clockMs()
      let block = try resultBlock(results, place)
      do throws(NativeError) {
        let slot = try required(slots[place], "slots")
        placements[place] = Placement(try engine.fill(place, from: slot), slot)
        isAnyReady = true
      } catch {
        placements[place] = nil
        block.fail(error)
      }
      block.descriptor.pointee.preprocess_ms = Float(clockMs() - startedMs)
    }
    guard isAnyReady else { return }

    let filledMs = clockMs()
    do throws(NativeError) {
      try engine.infer(count)
    } catch {
      for place in 0..<count where placements[place] != nil {
        try resultBlock(results, place).fail(error)
      }
      return
    }
    let inferenceMs = Float(clockMs() - filledMs)

    for place in 0..<count {
      guard let placement = placements[place] else { continue }
      let startedMs = clockMs()
      let block = try resultBlock(results, place)
      block.descriptor.pointee.inference_ms = inferenceMs
      do throws(NativeError) {
        try engine.verify(place)
        try decoder.decode(output, place, placement, into: block)
      } catch {
        block.fail(error)
      }
      block.descriptor.pointee.postprocess_ms = Float(clockMs() - startedMs)
    }
  }
}

/// The block in a table of them, which the caller has checked for null.
private func resultBlock(
  _ results: UnsafePointer<UnsafeMutablePointer<UInt8>?>, _ place: Int
) throws(NativeError) -> ResultBlock {
  ResultBlock(try required(results[place], "results"))
}

extension ResultBlock {
  /// The frame has failed, for this reason; its message stands where detections would.
  fileprivate func fail(_ error: NativeError) {
    descriptor.pointee.status = error.status
    descriptor.pointee.detection_count = 0
    write(message: error.message)
  }
}

@_cdecl("aip_session_run_batch")
public func sessionRunBatch(
  _ session: OpaquePointer?, _ count: UInt32, _ slots: UnsafePointer<UnsafePointer<UInt8>?>?,
  _ results: UnsafePointer<UnsafeMutablePointer<UInt8>?>?
) -> Int32 {
  answering { () throws(NativeError) in
    let handle = UnsafeRawPointer(try required(session, "session"))
    let session = Unmanaged<Session>.fromOpaque(handle).takeUnretainedValue()
    let (slots, results) = (try required(slots, "slots"), try required(results, "results"))
    guard (1...session.batchSizeMax).contains(Int(count)) else {
      throw .invalidArgument(
        "A batch of \(count) frames was given, this session takes 1 to \(session.batchSizeMax)")
    }
    let count = Int(count)
    let startedMs = clockMs()
    for place in 0..<count {
      let block = try resultBlock(results, place)
      block.clear()
      block.descriptor.pointee.status = Int32(AIP_STATUS_OK)
      block.descriptor.pointee.started_ms = startedMs
    }
    try session.run(count: count, slots: slots, results: results)
    let finishedMs = clockMs()
    for place in 0..<count {
      try resultBlock(results, place).descriptor.pointee.finished_ms = finishedMs
    }
    return AIP_STATUS_OK
  }
}

@_cdecl("aip_session_batch_size")
public func sessionBatchSize(
  _ session: OpaquePointer?, _ count: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  answering { () throws(NativeError) in
    let handle = UnsafeRawPointer(try required(session, "session"))
    let count = try required(count, "count")
    let session = Unmanaged<Session>.fromOpaque(handle).takeUnretainedValue()
    count.pointee = UInt32(session.batchSizeMax)
    return AIP_STATUS_OK
  }
}
