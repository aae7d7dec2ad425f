import XCTest

@testable import AipNative

/// Heads against values worked out by hand.
final class HeadTests: XCTestCase {
  private let frame = InputFrame(width: 32, height: 32, boxesNormalized: false)
  private let rule = ScoreRule(confidenceMin: 0.25, appliesSigmoid: false)

  func testYoloxPutsCellsOnTheirStridesGrid() throws {
    let head = YoloxHead(frame: frame, strides: [8, 16, 32], classCount: 2, rule: rule)
    var output = [Float](repeating: 0, count: 21 * 7)
    // Stride 8, cell (1, 2): centre (12, 20), size (8, 16).
    output.replaceSubrange(9 * 7..<10 * 7, with: [0.5, 0.5, 0, 0.6931472, 0.9, 0.1, 0.8])
    // Stride 16, cell (1, 0): row 16 + 1; centre (16·1.25, 16·0.75), size (16, 16).
    output.replaceSubrange(17 * 7..<18 * 7, with: [0.25, 0.75, 0, 0, 1, 0.3, 0.2])
    // Objectness is enough, the product is not.
    output.replaceSubrange(20 * 7..<21 * 7, with: [0, 0, 0, 0, 0.4, 0.5, 0.6])
    let candidates = try decoded(head, output, shape: [1, 21, 7])
    XCTAssertEqual(candidates.count, 2)
    assertBox(candidates[0], [8, 12, 16, 28], 0.72, 1)
    assertBox(candidates[1], [12, 4, 28, 20], 0.3, 0)
    XCTAssertNil(head.boxCount(of: [1, 20, 7]))
    XCTAssertNil(head.boxCount(of: [1, 21, 8]))
    XCTAssertNil(head.boxCount(of: [21, 7]))
  }

  func testYoloxDiscardsWhatIsNoNumber() throws {
    let head = YoloxHead(frame: frame, strides: [32], classCount: 1, rule: rule)
    for row: [Float] in [
      [0, 0, 0, 0, .nan, 1], [.nan, 0, 0, 0, 1, 1], [0, 0, 200, 0, 1, 1], [0, 0, 0, 0, 1, .nan],
      [0, 0, -.infinity, 0, 1, 1], [0, 0, 0, 0, .infinity, 1],
    ] {
      XCTAssertEqual(try decoded(head, row, shape: [1, 1, 6]).count, 0, "\(row)")
    }
  }

  func testYolov5MultipliesObjectnessAndScalesNormalizedBoxes() throws {
    let rows: [Float] = [
      0.5, 0.25, 0.25, 0.125, 0.8, 0.1, 0.5, 0.2,
      0.5, 0.5, 0.1, 0.1, 0.2, 1, 1, 1,
    ]
    let pixels = Yolov5Head(frame: frame, classCount: 3, rule: rule)
    assertBox(
      try decoded(pixels, rows, shape: [1, 2, 8])[0], [0.375, 0.1875, 0.625, 0.3125], 0.4, 1)
    let wide = InputFrame(width: 64, height: 32, boxesNormalized: true)
    let normalized = Yolov5Head(frame: wide, classCount: 3, rule: rule)
    let candidates = try decoded(normalized, rows, shape: [1, 2, 8])
    XCTAssertEqual(candidates.count, 1)
    assertBox(candidates[0], [24, 6, 40, 10], 0.4, 1)
  }

  func testYolov8ReadsBothLayoutsAlike() throws {
    // 1,100 boxes: two full blocks and a rest; every third one is strong enough.
    let (boxCount, classCount) = (1100, 5)
    var rows: [[Float]] = []
    for box in 0..<boxCount {
      var row: [Float] = [Float(box % 30), Float(box % 20), 4, 6]
      row += [0.05, 0.1, 0.15, 0.2, 0.01]
      if box % 3 == 0 { row[4 + box % classCount] = 0.5 + Float(box) / 4000 }
      rows.append(row)
    }
    let columns = (0..<(4 + classCount)).flatMap { row in rows.map { $0[row] } }
    let plain = Yolov8Head(frame: frame, classCount: classCount, transposed: false, rule: rule)
    let transposed = Yolov8Head(frame: frame, classCount: classCount, transposed: true, rule: rule)
    let byRow = try decoded(plain, rows.flatMap { $0 }, shape: [1, boxCount, 9])
    let byColumn = try decoded(transposed, columns, shape: [1, 9, boxCount])
    XCTAssertEqual(byRow.count, 367)
    XCTAssertEqual(byColumn.count, 367)
    for (index, (one, other)) in zip(byRow, byColumn).enumerated() {
      let box = 3 * index
      let (x, y) = (Float(box % 30), Float(box % 20))
      let confidence = 0.5 + Float(box) / 4000
      for candidate in [one, other] {
        assertBox(candidate, [x - 2, y - 3, x + 2, y + 3], confidence, Int32(box % classCount))
      }
    }
  }

  func testYolov8TakesLogits() throws {
    let logits = ScoreRule(confidenceMin: 0.5, appliesSigmoid: true)
    let head = Yolov8Head(frame: frame, classCount: 1, transposed: true, rule: logits)
    // Sigmoid of 0 is 0.5, just enough; of ln 3 it is 0.75.
    let output: [Float] = [9, 9, 9, 9, 9, 9, 2, 2, 2, 2, 2, 2, -0.01, 0, 1.0986123]
    let candidates = try decoded(head, output, shape: [1, 5, 3])
    XCTAssertEqual(candidates.count, 2)
    XCTAssertEqual(candidates[0].confidence, 0.5)
    XCTAssertEqual(candidates[1].confidence, 0.75, accuracy: 1e-6)
  }

  func testSigmoidOfTheExtremesOfConfidence() {
    XCTAssertEqual(ScoreRule(confidenceMin: 0, appliesSigmoid: true).rawMin, -.infinity)
    let sure = ScoreRule(confidenceMin: 1, appliesSigmoid: true)
    XCTAssertLessThanOrEqual(sure.rawMin, 20)
    XCTAssertEqual(sure.confidence(20), 1)
  }

  func testEndToEndLeavesOutPadding() throws {
    let head = EndToEndHead(frame: frame, rule: ScoreRule(confidenceMin: 0, appliesSigmoid: false))
    let output: [Float] = [
      1, 2, 11, 12, 0.9, 7,
      0, 0, 0, 0, 0, 0,
      1, 1, 2, 2, 0.5, -1,
      1, 1, 2, 2, 0.5, .nan,
    ]
    let candidates = try decoded(head, output, shape: [1, 4, 6])
    XCTAssertEqual(candidates.count, 1)
    assertBox(candidates[0], [1, 2, 11, 12], 0.9, 7)
  }

  func testClassFilterLeavesOutOtherClasses() throws {
    let head = EndToEndHead(frame: frame, rule: rule)
    let output = (0..<100).flatMap { id -> [Float] in [0, 0, 1, 1, 0.5, Float(id)] }
    let candidates = try decoded(head, output, shape: [1, 100, 6], classes: [3, 31, 32, 99])
    XCTAssertEqual(candidates.map(\.classID), [3, 31, 32, 99])
  }

  func testClassificationSoftmaxSumsToOneWithoutOverflow() {
    let head = ClassificationHead(classCount: 3, confidenceMin: 0, activation: .softmax)
    let candidates = collect(capacity: 3) {
      // e^0 : e^(ln 2) : e^(ln 5) = 1 : 2 : 5, far beyond what exp() can hold.
      head.decode([1000, 1000.6931, 1001.6094], width: 20, height: 10, into: &$0)
    }
    assertBox(candidates[0], [0, 0, 20, 10], 0.125, 0, accuracy: 1e-3)
    assertBox(candidates[1], [0, 0, 20, 10], 0.25, 1, accuracy: 1e-3)
    assertBox(candidates[2], [0, 0, 20, 10], 0.625, 2, accuracy: 1e-3)
    XCTAssertTrue(head.accepts([1, 3]))
    XCTAssertTrue(head.accepts([3]))
    XCTAssertTrue(head.accepts([1, 3, 1, 1]))
    XCTAssertFalse(head.accepts([1, 3, 2]))
    XCTAssertFalse(head.accepts([1, 4]))
  }

  func testLargestTakesTheFirstOfEqualsAndNoNaN() {
    for count in [1, 7, 8, 9, 80] {
      for place in 0..<count {
        var values = [Float](repeating: 0.25, count: count)
        values[place] = 0.5
        if place + 1 < count { values[count - 1] = 0.5 }
        if place > 0 { values[0] = .nan }
        let (value, index) = largest(values, count: count)
        XCTAssertEqual(value, 0.5)
        XCTAssertEqual(index, place, "of \(count)")
      }
    }
    XCTAssertEqual(largest([.nan, .nan], count: 2).index, -1)
  }

  func testHalfPrecisionValues() {
    // IEEE 754 binary16: 1, -2, 65504 (largest), 2^-24 (smallest), 1/3 rounded, 0, -0, inf, NaN.
    let bits: [UInt16] = [
      0x3C00, 0xC000, 0x7BFF, 0x0001, 0x3555, 0x0000, 0x8000, 0x7C00, 0xFC00, 0x7E00,
    ]
    var values = [Float](repeating: -1, count: bits.count)
    convertHalf(bits, to: &values, count: bits.count)
    XCTAssertEqual(
      Array(values.prefix(9)),
      [1, -2, 65504, 5.9604645e-8, 0.33325195, 0, -0.0, .infinity, -.infinity])
    XCTAssertEqual(values[6].sign, .minus)
    XCTAssertTrue(values[9].isNaN)
  }
}
