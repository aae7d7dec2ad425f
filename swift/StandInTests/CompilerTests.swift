import CoreML
import StandInRuntime
import XCTest

/// Compiling and loading: what Core ML refuses.
final class CompilerTests: StandInTestCase {
  private let fixtures = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("test/fixtures/coreml")

  private func copy(_ name: String) throws -> URL {
    let url = folder.appendingPathComponent(name)
    try FileManager.default.copyItem(at: fixtures.appendingPathComponent(name), to: url)
    let standIn = try JSONSerialization.data(withJSONObject: ["onnx": network("heads")])
    try standIn.write(to: url.appendingPathComponent("standin.json"))
    return url
  }

  /// Beside each model, coremltools has written down what it reads in it.
  func testADescriptionIsWhatCoremltoolsReads() throws {
    let data = try Data(contentsOf: fixtures.appendingPathComponent("expected.json"))
    let expected = try XCTUnwrap(
      JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
    let name = "detector.mlpackage"
    let model = try XCTUnwrap(expected[name])
    let compiled = try MLModel.compileModel(at: try copy(name))
    defer { try? FileManager.default.removeItem(at: compiled.deletingLastPathComponent()) }
    let description = try MLModel(contentsOf: compiled).modelDescription
    let input = try XCTUnwrap((model["inputs"] as? [[String: Any]])?.first)
    let image = try XCTUnwrap(description.inputDescriptionsByName[input["name"] as? String ?? ""])
    XCTAssertEqual(image.type, .image)
    XCTAssertEqual(image.imageConstraint?.pixelsWide, input["width"] as? Int)
    XCTAssertEqual(image.imageConstraint?.pixelsHigh, input["height"] as? Int)
    XCTAssertEqual(image.imageConstraint?.pixelFormatType, kCVPixelFormatType_32BGRA)
    let output = try XCTUnwrap((model["outputs"] as? [[String: Any]])?.first)
    let array = try XCTUnwrap(description.outputDescriptionsByName[output["name"] as? String ?? ""])
    XCTAssertEqual(array.multiArrayConstraint?.shape.map(\.intValue), output["shape"] as? [Int])
    XCTAssertEqual(array.multiArrayConstraint?.dataType, .float16)
    XCTAssertEqual(description.metadata[.author] as? String, model["author"] as? String)
    let own = description.metadata[.creatorDefinedKey] as? [String: String]
    XCTAssertEqual(own, model["metadata"] as? [String: String])
  }

  func testAComputePlanNamesEveryOperationAndItsUnit() async throws {
    let url = try copy("detector.mlpackage")
    try JSONSerialization.data(
      withJSONObject: ["onnx": network("heads"), "fallbacks": ["transpose"]]
    ).write(to: url.appendingPathComponent("standin.json"))
    let compiled = try await MLModel.compileModel(at: url)
    defer { try? FileManager.default.removeItem(at: compiled.deletingLastPathComponent()) }
    let configuration = MLModelConfiguration()
    configuration.computeUnits = .cpuAndNeuralEngine
    let plan = try await MLComputePlan.load(contentsOf: compiled, configuration: configuration)
    guard case .program(let program) = plan.modelStructure, let main = program.functions["main"]
    else { return XCTFail("it is a program with a main function") }
    let operations = main.block.operations.filter { plan.deviceUsage(for: $0) != nil }
    var counts: [String: Int] = [:]
    for operation in operations { counts[operation.operatorName, default: 0] += 1 }
    // As expected.json has them, under the names of the system that brought them.
    XCTAssertEqual(
      counts,
      [
        "ios16.concat": 1, "ios16.conv": 6, "ios16.relu": 3, "ios16.reshape": 3,
        "ios16.transpose": 1,
      ])
    let cost = operations.compactMap { plan.estimatedCost(of: $0)?.weight }.reduce(0, +)
    XCTAssertEqual(cost, 1, accuracy: 1e-9)
    for operation in operations {
      let preferred = plan.deviceUsage(for: operation)?.preferred.description
      XCTAssertEqual(
        preferred, operation.operatorName == "ios16.transpose" ? "CPU" : "Neural Engine")
    }
  }

  func testACompiledModelSaysOfItselfWhatApplesSays() throws {
    let compiled = try MLModel.compileModel(at: try copy("detector.mlpackage"))
    defer { try? FileManager.default.removeItem(at: compiled.deletingLastPathComponent()) }
    let data = try Data(contentsOf: compiled.appendingPathComponent("metadata.json"))
    let models = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    let seen = try XCTUnwrap(models.first)
    let published = try Data(
      contentsOf: fixtures.appendingPathComponent("compiled.mlmodelc/metadata.json"))
    let known = try XCTUnwrap(
      (JSONSerialization.jsonObject(with: published) as? [[String: Any]])?.first)
    XCTAssertEqual(Set(seen.keys).subtracting(known.keys), ["author"])
    for key in ["inputSchema", "outputSchema"] {
      let (ours, theirs) = (seen[key] as? [[String: Any]], known[key] as? [[String: Any]])
      XCTAssertEqual(
        try XCTUnwrap(ours?.first).keys.sorted(), try XCTUnwrap(theirs?.first).keys.sorted())
    }
    let input = (seen["inputSchema"] as? [[String: String]])?.first
    XCTAssertEqual(input?["formattedType"], "Image (Color 416 × 416)")
    XCTAssertEqual(input?["colorspace"], "BGR")
    let output = (seen["outputSchema"] as? [[String: String]])?.first
    XCTAssertEqual(output?["formattedType"], "MultiArray (Float16 1 × 3549 × 85)")
    XCTAssertEqual(output?["shape"], "[1, 3549, 85]")
    XCTAssertEqual((seen["mlProgramOperationTypeHistogram"] as? [String: Int])?["Ios16.conv"], 6)
  }

  func testAnotherModelAtThePathOfAnEarlierOneIsRecorded() throws {
    let path = folder.appendingPathComponent("kept.mlmodelc")
    for outputs in [[TestFeature.array("a", [1])], [.array("b", [1])]] {
      let url = try write(
        specification(inputs: [.image("image", 4, 2)], outputs: outputs),
        ["onnx": network("picture_f32")])
      let compiled = try MLModel.compileModel(at: url)
      defer { try? FileManager.default.removeItem(at: compiled.deletingLastPathComponent()) }
      try? FileManager.default.removeItem(at: path)
      try FileManager.default.moveItem(at: compiled, to: path)
      XCTAssertEqual(Ledger.violations, [])
      _ = try MLModel(contentsOf: path)
    }
    XCTAssertEqual(
      Ledger.violations, ["another model was loaded from the path of an earlier one"])
  }

  func testWhatOnlyLooksLikeAPackageIsRefused() throws {
    let empty = folder.appendingPathComponent("empty.mlpackage")
    try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
    assertThrows(try MLModel.compileModel(at: empty), "A valid manifest does not exist")
    let url = try copy("detector.mlpackage")
    try Data("{}".utf8).write(to: url.appendingPathComponent("Manifest.json"))
    assertThrows(try MLModel.compileModel(at: url), "is invalid")
    assertThrows(
      try MLModel.compileModel(at: folder.appendingPathComponent("none.mlmodel")), "does not exist")
  }

  func testCutWeightsAreRefused() throws {
    let url = try copy("detector.mlpackage")
    let weights = url.appendingPathComponent("Data/com.apple.CoreML/weights/weight.bin")
    let bytes = try Data(contentsOf: weights)
    try bytes.prefix(bytes.count - 64).write(to: weights)
    assertThrows(try MLModel.compileModel(at: url), "truncated")
  }

  func testANewerSpecificationIsRefused() throws {
    let url = try write(
      specification(version: 10, inputs: [.image("image", 4, 2)], outputs: [.array("same", [1])]),
      ["onnx": network("picture_f32")])
    assertThrows(
      try MLModel.compileModel(at: url), "specification version 10 is newer than")
  }

  func testAModelThatIsNotCompiledIsNotLoaded() throws {
    let url = try copy("detector.mlpackage")
    assertThrows(try MLModel(contentsOf: url), "Compile the model with Xcode")
  }

  func testCompilingLeavesNothingBehindWhereItFails() throws {
    let before = try FileManager.default.contentsOfDirectory(
      atPath: FileManager.default.temporaryDirectory.path)
    let url = try write(
      specification(inputs: [.image("image", 4, 2)], outputs: [.array("same", [1])]),
      ["onnx": "/nowhere.onnx"])
    assertThrows(try MLModel.compileModel(at: url), "Failed to write the compiled model")
    let after = try FileManager.default.contentsOfDirectory(
      atPath: FileManager.default.temporaryDirectory.path)
    XCTAssertEqual(Set(after).subtracting(before).filter { $0.hasSuffix("-\(getpid())") }, [])
  }
}
