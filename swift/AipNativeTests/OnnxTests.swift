import CAip
import XCTest

final class OnnxTests: XCTestCase {
  override func setUpWithError() throws { try requireOnnxRuntime() }

  private func inspect(_ path: String) throws -> [String: Any] {
    var json = [UInt8](repeating: 0, count: 8192)
    var needed: UInt32 = 0
    let status = aip_onnx_inspect(path, &json, UInt32(json.count), &needed)
    guard status == AIP_STATUS_OK else {
      throw SessionError(status: status, message: lastErrorText())
    }
    let data = Data(json.prefix(Int(needed) - 1))
    return try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  func testLoadAgainIsFineAndAnotherLibraryIsNot() throws {
    XCTAssertEqual(aip_onnx_load(try onnxRuntimePath()), Int32(AIP_STATUS_OK))
    XCTAssertEqual(aip_onnx_load("/nowhere/libonnxruntime.so"), Int32(AIP_STATUS_LIBRARY))
    XCTAssertTrue(lastErrorText().contains("this process already uses"), lastErrorText())
  }

  func testInfoNamesVersionAndProviders() throws {
    var json = [UInt8](repeating: 0, count: 4096)
    XCTAssertEqual(aip_onnx_info(&json, UInt32(json.count)), Int32(AIP_STATUS_OK))
    let data = Data(String(cString: json).utf8)
    let info = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
    XCTAssertTrue(try XCTUnwrap(info["version"] as? String).hasPrefix("1."))
    let providers = try XCTUnwrap(info["providers"] as? [String])
    XCTAssertTrue(providers.contains("CPUExecutionProvider"))
    XCTAssertEqual(aip_onnx_info(&json, 10), Int32(AIP_STATUS_TRUNCATED))
  }

  func testInspectTellsInputsOutputsAndMetadata() throws {
    let model = try inspect(fixture("heads"))
    let input = try XCTUnwrap((model["inputs"] as? [[String: Any]])?.first)
    XCTAssertEqual(input["name"] as? String, "images")
    XCTAssertEqual(input["dtype"] as? String, "float32")
    XCTAssertEqual(input["shape"] as? [Int], [1, 3, 32, 32])
    let outputs = try XCTUnwrap(model["outputs"] as? [[String: Any]])
    XCTAssertEqual(
      outputs.map { $0["dtype"] as? String },
      [
        "float32", "float32", "float32", "float16", "float32", "float32", "int64", "float64",
      ])
    XCTAssertEqual(outputs[5]["shape"] as? [Int], [1, 3, 1, 1])
    let metadata = try XCTUnwrap(model["metadata"] as? [String: String])
    XCTAssertEqual(metadata["names"], "{0: 'a \"b\"', 1: 'c\\\\d'}")
    XCTAssertEqual(metadata["lines"], "one\ntwo\t\u{1}é")
    XCTAssertEqual(model["producer"] as? String, "aip fixtures")
    XCTAssertEqual(model["graph"] as? String, "heads")
    XCTAssertEqual(model["version"] as? Int, 0)
  }

  func testInspectGivesDynamicDimensionsAsMinusOne() throws {
    let model = try inspect(fixture("picture_open"))
    let input = try XCTUnwrap((model["inputs"] as? [[String: Any]])?.first)
    XCTAssertEqual(input["shape"] as? [Int], [-1, 3, -1, -1])
  }

  func testInspectSaysHowMuchRoomItNeeds() {
    var json = [UInt8](repeating: 0, count: 10)
    var needed: UInt32 = 0
    XCTAssertEqual(
      aip_onnx_inspect(fixture("heads"), &json, 10, &needed), Int32(AIP_STATUS_TRUNCATED))
    XCTAssertGreaterThan(needed, 500)
    json = [UInt8](repeating: 0, count: Int(needed))
    XCTAssertEqual(
      aip_onnx_inspect(fixture("heads"), &json, needed, &needed), Int32(AIP_STATUS_OK))
  }

  func testInspectRefusesWhatIsNoModel() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("aip-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = folder.appendingPathComponent("text.onnx").path
    try Data("This is no model.".utf8).write(to: URL(fileURLWithPath: text))
    let whole = try Data(contentsOf: URL(fileURLWithPath: fixture("heads")))
    let cut = folder.appendingPathComponent("cut.onnx").path
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: cut))
    let reasons = [
      (folder.path, "it is a directory"),
      (folder.path + "/none.onnx", "No such file or directory"),
      (text, "it is no ONNX model, or a damaged one (Protobuf parsing failed)"),
      (cut, "it is no ONNX model, or a damaged one (Protobuf parsing failed)"),
    ]
    for (path, reason) in reasons {
      XCTAssertThrowsError(try inspect(path)) { error in
        let error = error as? SessionError
        XCTAssertEqual(error?.status, Int32(AIP_STATUS_MODEL))
        XCTAssertEqual(error?.message, "Cannot open model \"\(path)\": \(reason)")
      }
    }
  }
}
