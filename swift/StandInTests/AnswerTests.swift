import CoreML
import StandInRuntime
import XCTest

/// What the stand-in answers, against values worked out by hand.
final class AnswerTests: StandInTestCase {
  /// Channel c of pixel i of the test picture.
  private func expected(_ channels: [Int]) -> [Float] {
    channels.flatMap { channel in (0..<8).map { Float(10 * $0 + channel) } }
  }

  func testAnRGBModelReadsTheBytesOfBGRABackwards() throws {
    let model = try mirror()
    try autoreleasepool {
      let answer = try model.prediction(from: features(picture()))
      let same = answer.featureValue(for: "same")?.multiArrayValue
      XCTAssertEqual(try values(same), expected([2, 1, 0]))
    }
  }

  func testABGRModelReadsThemInTheirOrder() throws {
    let model = try mirror(color: 30)
    try autoreleasepool {
      let answer = try model.prediction(from: features(picture()))
      XCTAssertEqual(
        try values(answer.featureValue(for: "same")?.multiArrayValue), expected([0, 1, 2]))
    }
  }

  func testThePicturesScaleMeanAndStandardDeviationAreThoseOfItsFile() throws {
    let rule: [String: Any] = [
      "scale": 0.5, "mean": [1, 2, 3], "std": [2, 2, 4], "channels": "bgr",
    ]
    let model = try mirror(input: rule)
    try autoreleasepool {
      let answer = try model.prediction(from: features(picture()))
      let seen = try values(answer.featureValue(for: "same")?.multiArrayValue)
      // Pixel 3 is (30, 31, 32): (15 - 1) / 2, (15.5 - 2) / 2, (16 - 3) / 4.
      XCTAssertEqual([seen[3], seen[11], seen[19]], [7, 6.75, 3.25])
    }
  }

  func testEveryUnitButTheCPURoundsToHalfPrecision() throws {
    for (units, expected) in [(MLComputeUnits.cpuOnly, Float(20.4)), (.cpuAndGPU, 20.40625)] {
      let model = try mirror(units, input: ["scale": 2.04])
      try autoreleasepool {
        let answer = try model.prediction(from: features(picture()))
        let seen = try values(answer.featureValue(for: "same")?.multiArrayValue)
        // Blue of pixel 1 is 10; halves between 16 and 32 are 1/64 apart.
        XCTAssertEqual(seen[17], expected, accuracy: 1e-5)
      }
    }
  }

  func testAnArrayIsReadByItsStrides() throws {
    let model = try load(
      specification(
        inputs: [.array("x", [1, 3, 2, 4])], outputs: [.array("y", [1, 3, 2, 4], type: 65552)]),
      ["onnx": network("picture_f32")])
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 64)
    defer { memory.deallocate() }
    memory.initialize(repeating: .nan, count: 64)
    for index in 0..<24 { memory[index / 4 * 10 + index % 4] = Float(index) }
    let array = try MLMultiArray(
      dataPointer: memory, shape: [1, 3, 2, 4], dataType: .float32, strides: [60, 20, 10, 1])
    try autoreleasepool {
      let input = try MLDictionaryFeatureProvider(dictionary: ["x": array])
      let answer = try model.prediction(from: input)
      XCTAssertEqual(
        try values(answer.featureValue(for: "y")?.multiArrayValue), (0..<24).map { Float($0) })
    }
  }

  /// The boxes of a fixture whose raw output is worked out in scripts/gen-onnx-fixtures.py.
  private func boxes(
    above confidence: Double
  ) throws -> (coordinates: MLMultiArray, confidence: MLMultiArray) {
    let model = try load(
      specification(
        inputs: [
          .image("image", 32, 32), .double("iouThreshold"), .double("confidenceThreshold"),
        ],
        outputs: [.array("confidence", []), .array("coordinates", [])]),
      [
        "onnx": network("heads"), "outputs": ["coordinates": "yolox"],
        "pipeline": ["layout": "yolox", "strides": [8, 16, 32]],
      ])
    let input = try MLDictionaryFeatureProvider(dictionary: [
      "image": MLFeatureValue(pixelBuffer: try blank()), "iouThreshold": 0.5,
      "confidenceThreshold": confidence,
    ])
    let answer = try model.prediction(from: input)
    return (
      try XCTUnwrap(answer.featureValue(for: "coordinates")?.multiArrayValue),
      try XCTUnwrap(answer.featureValue(for: "confidence")?.multiArrayValue)
    )
  }

  private func blank() throws -> CVPixelBuffer {
    var buffer: CVPixelBuffer?
    CVPixelBufferCreate(nil, 32, 32, kCVPixelFormatType_32BGRA, nil, &buffer)
    return try XCTUnwrap(buffer)
  }

  func testAnNMSPipelineAnswersBoxesInZeroToOneAndPaddedClasses() throws {
    try autoreleasepool {
      let (coordinates, confidence) = try boxes(above: 0.3)
      XCTAssertEqual(confidence.shape, [2, 80])
      // (12, 20) of 8 × 16, then (16, 16) of 16 × 16, all in 32 × 32.
      XCTAssertEqual(try values(coordinates), [0.375, 0.625, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5])
      let scores = try values(confidence)
      for (place, score) in [(0, 0.09), (1, 0.72), (80, 0.45), (81, 0.1), (2, 2)] {
        XCTAssertEqual(scores[place], Float(score), accuracy: 1e-6)
      }
    }
  }

  func testAnNMSPipelineAnswersNoBoxesWhereThereAreNoneOrItIsTold() throws {
    try autoreleasepool {
      XCTAssertEqual(try boxes(above: 0.5).coordinates.shape, [1, 4])
      XCTAssertEqual(try boxes(above: 0.9).coordinates.shape, [0, 4])
      Faults.ofProcess = Faults("empty")
      let (coordinates, confidence) = try boxes(above: 0.3)
      XCTAssertEqual([coordinates.shape, confidence.shape], [[0, 4], [0, 80]])
      Faults.ofProcess = Faults("empty-flat")
      let flat = try boxes(above: 0.3)
      XCTAssertEqual([flat.coordinates.shape, flat.confidence.shape], [[0], [0]])
    }
  }

  func testAClassifierAnswersItsBestLabelAndAllChances() throws {
    let model = try load(
      specification(
        inputs: [.image("image", 32, 32)], outputs: [.label("best"), .chances("chances")],
        more: {
          $0.text(11, "best")
          $0.text(12, "chances")
        }),
      [
        "onnx": network("heads"), "outputs": ["best": "logits", "chances": "logits"],
        "labels": ["few", "many", "none"],
      ])
    XCTAssertEqual(model.modelDescription.predictedFeatureName, "best")
    XCTAssertEqual(model.modelDescription.predictedProbabilitiesName, "chances")
    XCTAssertEqual(model.modelDescription.classLabels as? [String], ["few", "many", "none"])
    try autoreleasepool {
      let answer = try model.prediction(from: features(blank()))
      XCTAssertEqual(answer.featureValue(for: "best")?.stringValue, "many")
      let chances = try XCTUnwrap(answer.featureValue(for: "chances")?.dictionaryValue)
      XCTAssertEqual(chances.count, 3)
      // logit(0.9) = ln 9.
      XCTAssertEqual(try XCTUnwrap(chances["many"]).doubleValue, 2.1972, accuracy: 1e-4)
    }
  }

  func testAFunctionIsChosenByItsName() throws {
    var model = SpecWriter()
    model.integer(1, 9)
    model.message(2) { description in
      for (name, type) in [("coarse", 65552), ("fine", 65568)] {
        description.message(20) {
          $0.text(1, name)
          for (number, feature) in [
            (2, TestFeature.array("x", [1, 3, 2, 4])),
            (3, .array("y", [1, 3, 2, 4], type: type)),
          ] {
            $0.message(number) {
              $0.text(1, feature.name)
              $0.message(3, feature.write)
            }
          }
        }
      }
      description.text(21, "fine")
    }
    model.message(502) { _ in }
    let url = try write(
      model.bytes,
      ["functions": ["coarse": network("picture_f32"), "fine": network("picture_any")]])
    let compiled = try MLModel.compileModel(at: url)
    defer { try? FileManager.default.removeItem(at: compiled.deletingLastPathComponent()) }
    func type(_ function: String?) throws -> MLMultiArrayDataType? {
      let configuration = MLModelConfiguration()
      configuration.functionName = function
      let model = try MLModel(contentsOf: compiled, configuration: configuration)
      return model.modelDescription.outputDescriptionsByName["y"]?.multiArrayConstraint?.dataType
    }
    XCTAssertEqual(try type("coarse"), .float16)
    XCTAssertEqual(try type(nil), .float32)
    assertThrows(try type("rough"), "no function named rough")
  }
}
