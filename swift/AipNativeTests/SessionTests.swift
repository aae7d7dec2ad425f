import CAip
import XCTest

final class SessionTests: XCTestCase {
  override func setUpWithError() throws { try requireOnnxRuntime() }

  private func headSession(
    _ head: Int, output: UInt32, _ change: (inout aip_session_config) -> Void = { _ in }
  ) throws -> SessionUnderTest {
    var config = sessionConfig(width: 32, height: 32, head: head, output: output)
    change(&config)
    let session = try SessionUnderTest("heads", config)
    session.setPicture(width: 16, height: 8, [UInt8](repeating: 0, count: 16 * 8 * 3))
    return session
  }

  private func assertDetections(
    _ session: SessionUnderTest, _ expected: [[Float]], accuracy: Float = 1e-4, line: UInt = #line
  ) {
    XCTAssertEqual(session.run(), Int32(AIP_STATUS_OK), lastErrorText(), line: line)
    let seen = session.detections
    XCTAssertEqual(seen.count, expected.count, line: line)
    for (detection, values) in zip(seen, expected) {
      let all = [
        detection.x1, detection.y1, detection.x2, detection.y2, detection.confidence,
        Float(detection.class_id),
      ]
      for (value, want) in zip(all, values) {
        XCTAssertEqual(value, want, accuracy: accuracy, line: line)
      }
      XCTAssertEqual(detection.track_id, -1, line: line)
      XCTAssertEqual(detection.reserved, 0, line: line)
    }
  }

  // The input is 32 × 32, the picture 16 × 8 and stretched: x halves, y is a quarter.

  func testYoloxBoxesComeOutInSourcePixels() throws {
    let session = try headSession(AIP_HEAD_YOLOX, output: 0)
    assertDetections(session, [[4, 3, 8, 7, 0.72, 1], [4, 2, 12, 6, 0.45, 0]])
    XCTAssertEqual(session.descriptor.pointee.candidate_count, 2)
    XCTAssertEqual(session.payloadBytes, 0)
  }

  func testLetterboxIsTakenBack() throws {
    // Top left: the picture is scaled by 2 and fills the upper half; below it nothing is kept.
    let session = try headSession(AIP_HEAD_YOLOX, output: 0) {
      $0.input_letterbox = UInt32(AIP_LETTERBOX_TOP_LEFT)
    }
    assertDetections(session, [[4, 6, 8, 8, 0.72, 1], [4, 4, 12, 8, 0.45, 0]])
    // Centre: eight rows of padding above.
    let centred = try headSession(AIP_HEAD_YOLOX, output: 0) {
      $0.input_letterbox = UInt32(AIP_LETTERBOX_CENTRE)
    }
    assertDetections(centred, [[4, 2, 8, 8, 0.72, 1], [4, 0, 12, 8, 0.45, 0]])
  }

  func testYolov5SuppressesPerClassByConfidence() throws {
    // The second box overlaps the first by 16 / 20.
    let session = try headSession(AIP_HEAD_YOLOV5, output: 1)
    assertDetections(session, [[4, 2, 6, 3, 0.8, 0], [8, 4, 12, 6, 0.4, 1]])
    XCTAssertEqual(session.descriptor.pointee.candidate_count, 3)
    let lenient = try headSession(AIP_HEAD_YOLOV5, output: 1) { $0.iou_max = 0.81 }
    XCTAssertEqual(lenient.run(), Int32(AIP_STATUS_OK))
    XCTAssertEqual(lenient.detections.count, 3)
  }

  func testYolov8ReadsTransposedAndHalfPrecisionOutputs() throws {
    let expected: [[Float]] = [[4, 2, 6, 3, 0.8, 0], [8, 4, 12, 6, 0.4, 1]]
    let transposed = try headSession(AIP_HEAD_YOLOV8, output: 2) { $0.head_transposed = 1 }
    assertDetections(transposed, expected)
    let half = try headSession(AIP_HEAD_YOLOV8, output: 3)
    assertDetections(half, expected, accuracy: 1e-3)
  }

  func testEndToEndIsSortedAndNotSuppressed() throws {
    let session = try headSession(AIP_HEAD_END_TO_END, output: 4)
    assertDetections(session, [[0.5, 0.25, 8, 4, 0.9, 1], [0, 0, 8, 4, 0.6, 1]])
    let one = try headSession(AIP_HEAD_END_TO_END, output: 4) { $0.detection_limit = 1 }
    assertDetections(one, [[0.5, 0.25, 8, 4, 0.9, 1]])
  }

  func testClassificationCoversThePicture() throws {
    // Odds 1/4, 9 and 3/2 of the logits: a softmax of 1/43, 36/43 and 6/43.
    let session = try headSession(AIP_HEAD_CLASSIFICATION, output: 5) {
      $0.class_count = 3
      $0.scores_activation = 2
      $0.confidence_min = 0.1
    }
    assertDetections(session, [[0, 0, 16, 8, 0.8372093, 1], [0, 0, 16, 8, 0.1395349, 2]])
    let sigmoid = try headSession(AIP_HEAD_CLASSIFICATION, output: 5) {
      $0.class_count = 3
      $0.scores_activation = 1
      $0.class_filter_enabled = 1
      $0.class_filter.0 = 0b101
    }
    assertDetections(sigmoid, [[0, 0, 16, 8, 0.6, 2]])
  }

  func testRawOutputIsCopiedWithItsShape() throws {
    let session = try headSession(AIP_HEAD_RAW, output: 6)
    XCTAssertEqual(session.payloadBytes, 48)
    XCTAssertEqual(session.run(), Int32(AIP_STATUS_OK))
    XCTAssertEqual(session.payload(Int64.self), [0, 1, 2, 3, 4, 5])
    let descriptor = session.descriptor.pointee
    XCTAssertEqual(descriptor.payload_dtype, UInt32(AIP_DTYPE_I64))
    XCTAssertEqual(descriptor.payload_rank, 2)
    XCTAssertEqual(descriptor.payload_shape.0, 2)
    XCTAssertEqual(descriptor.payload_shape.1, 3)
    XCTAssertEqual(descriptor.payload_shape.2, 0)
    session.descriptor.pointee.payload_capacity_bytes = 47
    XCTAssertEqual(session.run(), Int32(AIP_STATUS_TRUNCATED))
    XCTAssertEqual(session.descriptor.pointee.status, Int32(AIP_STATUS_TRUNCATED))
    XCTAssertEqual(session.descriptor.pointee.payload_bytes, 0)
    XCTAssertEqual(
      lastErrorText(), "Output \"numbers\" has 48 bytes, the payload area holds 47")
  }

  func testPicturesReachTheModelInEveryType() throws {
    let pixels = (0..<24).map { UInt8($0 * 10) }
    let planes = (0..<3).flatMap { channel in (0..<8).map { pixels[3 * $0 + channel] } }
    for (name, dtype) in [("f32", AIP_DTYPE_F32), ("f16", AIP_DTYPE_F16), ("u8", AIP_DTYPE_U8)] {
      var config = sessionConfig(width: 4, height: 2)
      config.input_dtype = UInt32(dtype)
      let session = try SessionUnderTest("picture_\(name)", config)
      session.setPicture(width: 4, height: 2, pixels)
      XCTAssertEqual(session.run(), Int32(AIP_STATUS_OK), lastErrorText())
      switch dtype {
      case AIP_DTYPE_F32: XCTAssertEqual(session.payload(Float.self), planes.map { Float($0) })
      case AIP_DTYPE_U8: XCTAssertEqual(session.payload(UInt8.self), planes)
      // Integers up to 255 are exact: 1 is 0x3C00, 10 is 1.25 · 2³.
      default: XCTAssertEqual(session.payload(UInt16.self).prefix(3), [0, 0x4F80, 0x5380])
      }
    }
  }

  func testOpenShapesFollowTheConfiguration() throws {
    let session = try SessionUnderTest("picture_open", sessionConfig(width: 3, height: 2))
    XCTAssertEqual(session.payloadBytes, 72)
    for value: UInt8 in [7, 200] {
      session.setPicture(width: 3, height: 2, [UInt8](repeating: value, count: 18))
      XCTAssertEqual(session.run(), Int32(AIP_STATUS_OK), lastErrorText())
      XCTAssertEqual(session.payload(Float.self), [Float](repeating: Float(value), count: 18))
    }
    XCTAssertEqual(session.descriptor.pointee.payload_rank, 4)
  }

  func testTheDescriptorTellsTimesAndStatus() throws {
    let session = try headSession(AIP_HEAD_YOLOX, output: 0)
    let before = aip_clock_ms()
    XCTAssertEqual(session.run(), Int32(AIP_STATUS_OK))
    let descriptor = session.descriptor.pointee
    XCTAssertEqual(descriptor.status, Int32(AIP_STATUS_OK))
    XCTAssertGreaterThanOrEqual(descriptor.started_ms, before)
    XCTAssertLessThanOrEqual(descriptor.finished_ms, aip_clock_ms())
    let stages = descriptor.preprocess_ms + descriptor.inference_ms + descriptor.postprocess_ms
    XCTAssertGreaterThan(descriptor.inference_ms, 0)
    XCTAssertLessThanOrEqual(
      Double(stages), descriptor.finished_ms - descriptor.started_ms + 1e-3)
  }
}
