import CAip
import XCTest

final class SessionFaultTests: XCTestCase {
  override func setUpWithError() throws { try requireOnnxRuntime() }

  private func assertRefused(
    _ model: String, _ config: aip_session_config, _ reason: String,
    status: Int = AIP_STATUS_MODEL, options: String? = nil, line: UInt = #line
  ) {
    XCTAssertThrowsError(try SessionUnderTest(model, config, options: options), line: line) {
      let error = $0 as? SessionError
      XCTAssertEqual(error?.status, Int32(status), line: line)
      XCTAssertEqual(
        error?.message, "Cannot open model \"\(fixture(model))\": \(reason)", line: line)
    }
  }

  func testModelsThatDoNotFitAreRefused() {
    let picture = sessionConfig(width: 4, height: 2)
    assertRefused("none", picture, "No such file or directory")
    assertRefused(
      "two_inputs", picture, "it wants 2 inputs (\"x\", \"z\"), one picture is what there is")
    assertRefused(
      "rank_three", picture,
      "input \"x\" has shape [3, 2, 4], a picture needs four dimensions like [1, 3, 2, 4]")
    assertRefused(
      "picture_f32", sessionConfig(width: 4, height: 4),
      "input \"x\" has shape [1, 3, 2, 4], the configuration gives [1, 3, 4, 4]")
    assertRefused(
      "picture_u8", picture, "input \"x\" is uint8, the configuration gives float32")
  }

  func testHeadsThatDoNotFitAreRefused() {
    let yolox = sessionConfig(width: 32, height: 32, head: AIP_HEAD_YOLOX, output: 1)
    assertRefused(
      "heads", yolox,
      "output \"yolov5\" has shape [1, 3, 7], head yolox reads [1, 21, 7] for 2 classes at 32×32")
    let beyond = sessionConfig(width: 32, height: 32, output: 8)
    assertRefused("heads", beyond, "output 8 was asked for, it has outputs 0 to 7")
    let doubles = sessionConfig(width: 32, height: 32, output: 7)
    assertRefused(
      "heads", doubles,
      "output \"doubles\" is float64, known are float32, float16, uint8, int32, int64")
    var numbers = sessionConfig(width: 32, height: 32, head: AIP_HEAD_CLASSIFICATION, output: 6)
    numbers.class_count = 6
    assertRefused(
      "heads", numbers,
      "output \"numbers\" has shape [2, 3], head classification reads [1, 6] for 6 classes at 32×32"
    )
  }

  func testConfigurationsWithoutSenseAreRefused() {
    let changes: [(String, (inout aip_session_config) -> Void)] = [
      ("input size 0×2 must be 1 to 8192", { $0.input_width = 0 }),
      ("thread count 9999 must be 0 to 1024", { $0.thread_count = 9999 }),
      ("confidence nan must be 0 to 1", { $0.confidence_min = .nan }),
      ("IoU 1.5 must be 0 to 1", { $0.iou_max = 1.5 }),
      ("detection limit 301 must be 1 to 300", { $0.detection_limit = 301 }),
      ("input std must not be 0", { $0.input_std.1 = 0 }),
      ("channel order 3 is unknown: known are 0 to 2", { $0.input_channel_order = 3 }),
      ("head 17 is unknown: known are 0 to 5", { $0.head = 17 }),
      ("Provider 9 is unknown: known are 0 to 4", { $0.provider = 9 }),
      (
        "head stride 0 must be at least 1",
        {
          $0.head = UInt32(AIP_HEAD_YOLOX)
          $0.head_strides.1 = 0
        }
      ),
      (
        "class count 0 of head yolov8 must be 1 to 65536",
        {
          $0.head = UInt32(AIP_HEAD_YOLOV8)
          $0.class_count = 0
        }
      ),
    ]
    for (reason, change) in changes {
      var config = sessionConfig(width: 4, height: 2)
      change(&config)
      assertRefused("picture_f32", config, reason, status: AIP_STATUS_INVALID_ARGUMENT)
    }
    assertRefused(
      "picture_f32", sessionConfig(width: 4, height: 2),
      "Provider option \"fast\" is not of the form key=value",
      status: AIP_STATUS_INVALID_ARGUMENT, options: "fast")
  }

  func testAProviderThatIsMissingIsNamed() throws {
    var config = sessionConfig(width: 4, height: 2)
    config.provider = UInt32(AIP_PROVIDER_NAMED)
    XCTAssertThrowsError(try SessionUnderTest("picture_f32", config, options: "Abacus\na=b")) {
      let error = $0 as? SessionError
      XCTAssertEqual(error?.status, Int32(AIP_STATUS_UNSUPPORTED))
      let start = "Cannot use execution provider Abacus: "
      XCTAssertTrue(error?.message.hasPrefix(start) == true, error?.message ?? "")
    }
  }

  func testAFailingInferenceIsAnsweredAndTheNextFrameIsNotHarmed() throws {
    let session = try SessionUnderTest("fails", sessionConfig(width: 4, height: 2))
    session.setPicture(width: 4, height: 2, [UInt8](repeating: 11, count: 24))
    XCTAssertEqual(session.run(), Int32(AIP_STATUS_INFERENCE))
    XCTAssertEqual(session.descriptor.pointee.status, Int32(AIP_STATUS_INFERENCE))
    XCTAssertGreaterThan(session.descriptor.pointee.finished_ms, 0)
    XCTAssertEqual(
      lastErrorText(),
      "The inference failed: indices element out of data bounds, idx=11 must be within the "
        + "inclusive range [-10,9]")
    session.setPicture(width: 4, height: 2, [UInt8](repeating: 3, count: 24))
    XCTAssertEqual(session.run(), Int32(AIP_STATUS_OK))
    XCTAssertEqual(session.payload(Float.self), [0])
  }

  func testSlotsWithoutAPictureAreRefused() throws {
    let session = try SessionUnderTest("picture_f32", sessionConfig(width: 4, height: 2))
    let changes: [(String, (inout aip_slot_header) -> Void)] = [
      (
        "The slot holds a picture of 0×0 pixels, 1 to 32768 are possible",
        { ($0.width, $0.height) = (0, 0) }
      ),
      ("Pixel format 9 is unknown: known are 0 to 3", { $0.pixel_format = 9 }),
      (
        "A plane at byte 4090 with 2 rows 12 bytes apart does not fit a slot of 4096 bytes",
        { $0.plane_offset_bytes.0 = 4090 }
      ),
      (
        "A plane at byte 128 with 2 rows 11 bytes apart does not fit a slot of 4096 bytes",
        { $0.plane_stride_bytes.0 = 11 }
      ),
      (
        "A plane at byte 0 with 1 rows 0 bytes apart does not fit a slot of 4096 bytes",
        { $0.pixel_format = UInt32(AIP_PIXEL_FORMAT_YUV420P) }
      ),
    ]
    for (reason, change) in changes {
      session.setPicture(width: 4, height: 2, [UInt8](repeating: 1, count: 24))
      change(&session.header.pointee)
      XCTAssertEqual(session.run(), Int32(AIP_STATUS_INVALID_ARGUMENT))
      XCTAssertEqual(lastErrorText(), reason)
      XCTAssertEqual(session.descriptor.pointee.detection_count, 0)
    }
  }

  func testNullArgumentsAreRefused() {
    var config = sessionConfig(width: 4, height: 2)
    var handle: OpaquePointer?
    XCTAssertEqual(
      aip_session_create(nil, nil, 0, &config, nil, &handle), Int32(AIP_STATUS_INVALID_ARGUMENT))
    XCTAssertEqual(
      aip_session_create(fixture("heads"), nil, 0, nil, nil, &handle),
      Int32(AIP_STATUS_INVALID_ARGUMENT))
    XCTAssertEqual(
      aip_session_create(fixture("heads"), nil, 0, &config, nil, nil),
      Int32(AIP_STATUS_INVALID_ARGUMENT))
    XCTAssertEqual(aip_session_run(nil, nil, nil), Int32(AIP_STATUS_INVALID_ARGUMENT))
    aip_session_destroy(nil)
  }
}
