import CAip
import XCTest

final class GraphTests: XCTestCase {
  override func setUpWithError() throws { try requireOnnxRuntime() }

  private let shape: [UInt32] = [1, 3, 2, 4]
  private var held: [UnsafeMutablePointer<Float>] = []

  override func tearDown() {
    for memory in held { memory.deallocate() }
    held = []
  }

  /// Memory that stays where it is until the test ends.
  private func memory(_ values: [Float]) -> UnsafeMutablePointer<Float> {
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: values.count)
    memory.initialize(from: values, count: values.count)
    held.append(memory)
    return memory
  }

  private func open(_ model: String) throws -> OpaquePointer {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: fixture(model))))
    var graph: OpaquePointer?
    let status = aip_graph_open(bytes, UInt32(bytes.count), 1, &graph)
    guard status == AIP_STATUS_OK, let graph else {
      throw SessionError(status: status, message: lastErrorText())
    }
    return graph
  }

  private func tensor(
    _ values: UnsafeMutablePointer<Float>?, index: UInt32 = 0, shape: [UInt32]
  ) -> aip_graph_tensor {
    var tensor = aip_graph_tensor()
    let address = UInt(bitPattern: values)
    tensor.address = (UInt32(truncatingIfNeeded: address), UInt32(address >> 32))
    tensor.index = index
    tensor.dtype = UInt32(AIP_DTYPE_F32)
    tensor.rank = UInt32(shape.count)
    withUnsafeMutableBytes(of: &tensor.shape) { room in
      for (axis, side) in shape.enumerated() {
        room.storeBytes(of: side, toByteOffset: 4 * axis, as: UInt32.self)
      }
    }
    return tensor
  }

  func testRunWritesIntoTheCallersMemory() throws {
    let graph = try open("two_inputs")
    defer { aip_graph_close(graph) }
    let x = memory((0..<24).map { Float($0) })
    let z = memory([Float](repeating: 0.5, count: 24))
    let y = memory([Float](repeating: 0, count: 24))
    // Inputs in another order than the graph's.
    let given = [tensor(z, index: 1, shape: shape), tensor(x, shape: shape)]
    let wanted = [tensor(y, shape: shape)]
    XCTAssertEqual(aip_graph_run(graph, given, 2, wanted, 1), Int32(AIP_STATUS_OK), lastErrorText())
    XCTAssertEqual((0..<24).map { y[$0] }, (0..<24).map { Float($0) + 0.5 })
  }

  func testDescriptionSaysHowMuchRoomItNeeds() throws {
    let graph = try open("two_inputs")
    defer { aip_graph_close(graph) }
    var json = [UInt8](repeating: 0, count: 8)
    var needed: UInt32 = 0
    XCTAssertEqual(aip_graph_describe(graph, &json, 8, &needed), Int32(AIP_STATUS_TRUNCATED))
    json = [UInt8](repeating: 0, count: Int(needed))
    XCTAssertEqual(aip_graph_describe(graph, &json, needed, &needed), Int32(AIP_STATUS_OK))
    let tensor = { (name: String) in
      "{\"name\":\"\(name)\",\"dtype\":\"float32\",\"shape\":[1,3,2,4]}"
    }
    XCTAssertEqual(
      String(cString: json),
      "{\"inputs\":[\(tensor("x")),\(tensor("z"))],\"outputs\":[\(tensor("y"))]}")
  }

  func testEveryWrongTensorIsNamed() throws {
    let graph = try open("two_inputs")
    defer { aip_graph_close(graph) }
    let values = memory([Float](repeating: 0, count: 24))
    let good = tensor(values, shape: shape)
    var wrong: [(aip_graph_tensor, String)] = [
      (tensor(values, index: 7, shape: shape), "there is no input 7, it has 2"),
      (tensor(nil, shape: shape), "input \"x\" has no memory"),
      (
        tensor(values, shape: [1, 24]),
        "input \"x\" has shape [1, 3, 2, 4], the one given [1, 24]"
      ),
    ]
    var deep = good
    deep.rank = 9
    wrong.append((deep, "input \"x\" was given with 9 dimensions, at most 8 can be"))
    var strange = good
    strange.dtype = 99
    wrong.append((strange, "input \"x\" is float32, the one given is of an unknown type"))
    for (tensor, reason) in wrong {
      XCTAssertEqual(
        aip_graph_run(graph, [tensor], 1, [good], 1), Int32(AIP_STATUS_INVALID_ARGUMENT))
      XCTAssertEqual(lastErrorText(), "Cannot run the graph: \(reason)")
    }
    XCTAssertEqual(
      aip_graph_run(graph, [good, good, good], 3, [good], 1), Int32(AIP_STATUS_INVALID_ARGUMENT))
    XCTAssertEqual(lastErrorText(), "Cannot run the graph: 3 inputs were given, it has 2")
  }

  func testAFailureInsideTheRuntimeHasItsReason() throws {
    let graph = try open("fails")
    defer { aip_graph_close(graph) }
    let given = [tensor(memory([Float](repeating: 99, count: 24)), shape: shape)]
    let wanted = [tensor(memory([0]), shape: [1, 1])]
    XCTAssertEqual(aip_graph_run(graph, given, 1, wanted, 1), Int32(AIP_STATUS_INFERENCE))
    XCTAssertTrue(lastErrorText().hasPrefix("Cannot run the graph: "), lastErrorText())
    XCTAssertTrue(lastErrorText().contains("out of data bounds"), lastErrorText())
  }

  func testOpenRefusesWhatIsNoModelAndNullArguments() throws {
    var graph: OpaquePointer?
    let text = Array("This is no model.".utf8)
    let status = aip_graph_open(text, UInt32(text.count), 1, &graph)
    XCTAssertEqual(status, Int32(AIP_STATUS_MODEL))
    let reason = "it is no ONNX model, or a damaged one"
    XCTAssertTrue(
      lastErrorText().hasPrefix("Cannot open the graph: \(reason)"), lastErrorText())
    XCTAssertNil(graph)
    XCTAssertEqual(aip_graph_open(nil, 0, 1, &graph), Int32(AIP_STATUS_INVALID_ARGUMENT))
    XCTAssertEqual(aip_graph_run(nil, nil, 0, nil, 0), Int32(AIP_STATUS_INVALID_ARGUMENT))
    aip_graph_close(nil)
  }
}
