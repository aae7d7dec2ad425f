import XCTest

@testable import AipNative

/// Texts as ONNX Runtime 1.21 and 1.30 give them.
final class OnnxMessageTests: XCTestCase {
  func testShortenKeepsTheReason() {
    let cases = [
      (
        "Load model from m.onnx failed:Load model m.onnx failed. File doesn't exist",
        "Load model m.onnx failed. File doesn't exist"
      ),
      (
        "Load model from m.onnx failed:Protobuf parsing failed.",
        "it is no ONNX model, or a damaged one (Protobuf parsing failed)"
      ),
      (
        "[ONNXRuntimeError] : 1 : FAIL : Type Error: Shape of output is wrong.",
        "Type Error: Shape of output is wrong"
      ),
      (
        "Non-zero status code returned while running Gather node. Name:'g' Status Message: "
          + "indices element out of data bounds, idx=11 must be within the inclusive range [-10,9]",
        "indices element out of data bounds, idx=11 must be within the inclusive range [-10,9]"
      ),
      (
        "/src/core/graph/model.cc:178 onnxruntime::Model::Model(ModelProto&&, const int (&)[2]) "
          + "Unknown model file format version.\nmore", "Unknown model file format version"
      ),
      ("plain", "plain"),
      ("", ""),
    ]
    for (text, expected) in cases { XCTAssertEqual(OnnxMessage.shorten(text), expected) }
  }

  func testShortenCutsLongTexts() {
    let text = String(repeating: "x", count: 1000)
    XCTAssertEqual(OnnxMessage.shorten(text).count, OnnxMessage.lengthMax + 1)
  }
}
