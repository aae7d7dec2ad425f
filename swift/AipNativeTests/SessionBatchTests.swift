import CAip
import XCTest

final class SessionBatchTests: XCTestCase {
  override func setUpWithError() throws { try requireOnnxRuntime() }

  private func boxes(_ model: String, sizeMax: UInt32 = 0) throws -> BatchUnderTest {
    var config = sessionConfig(width: 2, height: 1, head: AIP_HEAD_END_TO_END)
    config.batch_size_max = sizeMax
    return try BatchUnderTest(model, config)
  }

  /// Red, green and blue of two pixels: planes of x1 y1, x2 y2, score class.
  private func picture(right: UInt8, classID: UInt8) -> [UInt8] { [0, right, 1, 0, 1, classID] }

  private func assertAnswers(
    _ batch: BatchUnderTest, _ expected: [(right: Float, classID: Int32)], line: UInt = #line
  ) {
    for (place, answer) in expected.enumerated() {
      XCTAssertEqual(batch.frames[place].descriptor.pointee.status, 0, line: line)
      let seen = batch.frames[place].detections
      XCTAssertEqual(seen.map(\.x2), [answer.right], line: line)
      XCTAssertEqual(seen.map(\.class_id), [answer.classID], line: line)
    }
  }

  func testEveryFrameOfABatchGetsItsOwnAnswer() throws {
    let batch = try boxes("boxes_any", sizeMax: 4)
    XCTAssertEqual(batch.sizeMax, 4)
    for (place, frame) in batch.frames.enumerated() {
      frame.setPicture(
        width: 2, height: 1, picture(right: UInt8(1 + place % 2), classID: UInt8(place)))
    }
    for count in [4, 1, 3, 2] {
      XCTAssertEqual(batch.run(count), Int32(AIP_STATUS_OK), lastErrorText())
      assertAnswers(batch, [(1, 0), (2, 1), (1, 2), (2, 3)].prefix(count).map { ($0.0, $0.1) })
    }
  }

  func testAModelOfAFixedNumberIsGivenFewerPictures() throws {
    let batch = try boxes("boxes_3")
    XCTAssertEqual(batch.sizeMax, 3)
    for (place, frame) in batch.frames.enumerated() {
      frame.setPicture(width: 2, height: 1, picture(right: 2, classID: UInt8(7 + place)))
    }
    for count in [3, 2, 1] {
      XCTAssertEqual(batch.run(count), Int32(AIP_STATUS_OK), lastErrorText())
      assertAnswers(batch, (0..<count).map { (2, Int32(7 + $0)) })
    }
    // Alone, by the call for single frames.
    XCTAssertEqual(batch.runSingle(1), Int32(AIP_STATUS_OK), lastErrorText())
    XCTAssertEqual(batch.frames[1].detections.map(\.class_id), [8])
  }

  func testPayloadsAreEachFramesOwn() throws {
    for model in ["picture_any", "picture_open"] {
      var config = sessionConfig(width: 4, height: 2)
      config.batch_size_max = 2
      let batch = try BatchUnderTest(model, config)
      for (place, frame) in batch.frames.enumerated() {
        frame.setPicture(width: 4, height: 2, [UInt8](repeating: UInt8(10 + place), count: 24))
      }
      XCTAssertEqual(batch.run(2), Int32(AIP_STATUS_OK), lastErrorText())
      for (place, frame) in batch.frames.enumerated() {
        XCTAssertEqual(frame.payload(Float.self), [Float](repeating: Float(10 + place), count: 24))
        XCTAssertEqual(frame.descriptor.pointee.payload_rank, 4)
        XCTAssertEqual(frame.descriptor.pointee.payload_shape.0, 1)
      }
    }
  }

  func testAFrameWithoutAPictureFailsAlone() throws {
    let batch = try boxes("boxes_any", sizeMax: 3)
    for frame in batch.frames {
      frame.setPicture(width: 2, height: 1, picture(right: 2, classID: 5))
    }
    batch.frames[1].header.pointee.pixel_format = 9
    XCTAssertEqual(batch.run(3), Int32(AIP_STATUS_OK))
    XCTAssertEqual(
      batch.frames.map(\.descriptor.pointee.status), [0, Int32(AIP_STATUS_INVALID_ARGUMENT), 0])
    XCTAssertEqual(batch.frames[1].message, "Pixel format 9 is unknown: known are 0 to 3")
    XCTAssertEqual(batch.frames[2].detections.map(\.class_id), [5])
  }

  func testAFailingInferenceIsEveryFrames() throws {
    var config = sessionConfig(width: 4, height: 2)
    config.batch_size_max = 2
    let batch = try BatchUnderTest("fails_any", config)
    for (place, frame) in batch.frames.enumerated() {
      frame.setPicture(width: 4, height: 2, [UInt8](repeating: UInt8(8 + 3 * place), count: 24))
    }
    XCTAssertEqual(batch.run(2), Int32(AIP_STATUS_OK))
    for frame in batch.frames {
      XCTAssertEqual(frame.descriptor.pointee.status, Int32(AIP_STATUS_INFERENCE))
      XCTAssertTrue(frame.message.hasPrefix("The inference failed: indices"), frame.message)
    }
    XCTAssertEqual(batch.run(1), Int32(AIP_STATUS_OK))
    XCTAssertEqual(batch.frames[0].descriptor.pointee.status, 0)
  }

  func testTimesAreTheCallsAndTheFramesOwn() throws {
    let batch = try boxes("boxes_any", sizeMax: 2)
    for frame in batch.frames {
      frame.setPicture(width: 2, height: 1, picture(right: 2, classID: 5))
    }
    XCTAssertEqual(batch.run(2), Int32(AIP_STATUS_OK))
    let (first, second) = (
      batch.frames[0].descriptor.pointee, batch.frames[1].descriptor.pointee
    )
    XCTAssertEqual(first.started_ms, second.started_ms)
    XCTAssertEqual(first.finished_ms, second.finished_ms)
    XCTAssertEqual(first.inference_ms, second.inference_ms)
    XCTAssertGreaterThan(first.inference_ms, 0)
    let stages =
      first.preprocess_ms + second.preprocess_ms + first.inference_ms + first.postprocess_ms
      + second.postprocess_ms
    XCTAssertLessThanOrEqual(Double(stages), first.finished_ms - first.started_ms + 1e-3)
  }

  func testBatchesThatCannotBeAreRefused() throws {
    let batch = try boxes("boxes_any", sizeMax: 2)
    for count in [0, 3] {
      XCTAssertEqual(batch.run(count), Int32(AIP_STATUS_INVALID_ARGUMENT))
      XCTAssertEqual(
        lastErrorText(), "A batch of \(count) frames was given, this session takes 1 to 2")
    }
    XCTAssertEqual(
      aip_session_run_batch(nil, 1, nil, nil), Int32(AIP_STATUS_INVALID_ARGUMENT))
    XCTAssertThrowsError(try boxes("boxes_any", sizeMax: 65)) {
      let reason = ($0 as? SessionError)?.message ?? ""
      XCTAssertTrue(reason.hasSuffix("batch size 65 must be 0 to 64"), reason)
    }
    XCTAssertThrowsError(try BatchUnderTest("sum_3", sessionConfig(width: 4, height: 2))) {
      let reason = ($0 as? SessionError)?.message ?? ""
      XCTAssertTrue(
        reason.hasSuffix(
          "output \"y\" has shape [1, 3, 2, 4], the answers to 3 pictures would be [3, …]"), reason)
    }
  }
}

/// A session with slots and result blocks for all the frames it takes in one call.
final class BatchUnderTest {
  private let handle: OpaquePointer
  let frames: [FrameUnderTest]

  init(_ model: String, _ config: aip_session_config) throws {
    handle = try openSession(model, config)
    var count: UInt32 = 0
    XCTAssertEqual(aip_session_batch_size(handle, &count), Int32(AIP_STATUS_OK))
    frames = (0..<count).map { _ in FrameUnderTest() }
  }

  deinit { aip_session_destroy(handle) }

  var sizeMax: Int { frames.count }

  func run(_ count: Int) -> Int32 {
    let slots: [UnsafePointer<UInt8>?] = frames.map { UnsafePointer($0.slot) }
    let blocks: [UnsafeMutablePointer<UInt8>?] = frames.map(\.block)
    return aip_session_run_batch(handle, UInt32(count), slots, blocks)
  }

  func runSingle(_ place: Int) -> Int32 {
    aip_session_run(handle, frames[place].slot, frames[place].block)
  }
}
