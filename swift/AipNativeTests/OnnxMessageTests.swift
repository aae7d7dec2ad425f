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
      (
        "Load model from m.onnx failed:/src/core/graph/model_load_utils.h:46 void "
          + "onnxruntime::ValidateOpsetForDomain(const std::unordered_map<int>&, bool, int) ONNX "
          + "Runtime only *guarantees* support for models stamped with official released onnx opset "
          + "versions. Opset 99 is under development and support for this is limited. The operator "
          + "schemas may change. Current official support for domain ai.onnx is till opset 26.\n",
        "it is of opset 99 of ai.onnx, newer than this ONNX Runtime reads: up to 26"
      ),
      (
        "Load model from m.onnx failed:/src/core/graph/model.cc:256 onnxruntime::Model::Model("
          + "ModelProto&&, const ModelOptions&) Unsupported model IR version: 99, max supported IR "
          + "version: 13\n",
        "it is of IR version 99, newer than this ONNX Runtime reads: up to 13"
      ),
      (
        "Load model from m.onnx failed:This is an invalid model. In Node, (\"\", Reduc, \"\", -1) : "
          + "(\"x\": tensor(float),) -> (\"y\": tensor(float),) , Error No Op registered for Reduc "
          + "with domain_version of 17",
        "operator \"Reduc\" is unknown in opset 17"
      ),
      (
        "Load model from m.onnx failed:Fatal error: com.acme:Foo(-1) is not a registered "
          + "function/op", "operator \"com.acme:Foo\" is unknown"
      ),
      (
        "Load model from m.onnx failed:This is an invalid model. In Node, (\"\", Identity, \"\", -1) "
          + ": (\"x\": tensor(float),) -> (\"y\": tensor(float),) , Error Unrecognized attribute: "
          + "kernel for operator Identity", "Unrecognized attribute: kernel for operator Identity"
      ),
      (
        "Exception during initialization: /src/core/optimizer/initializer.cc:79 onnxruntime::"
          + "Initializer::Initializer(const Graph&, bool) [ONNXRuntimeError] : 1 : FAIL : "
          + "tensorprotoutils.cc:1876 GetExtDataFromTensorProto External initializer: w offset: 0 "
          + "size to read: 576 given file_length: 3 are out of bounds or can not be read in full.\n",
        "a file of weights is cut short: 576 bytes from 0 on are wanted, it has 3"
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
