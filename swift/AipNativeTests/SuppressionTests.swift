import XCTest

@testable import AipNative

final class SuppressionTests: XCTestCase {
  private func suppress(
    _ rule: OverlapRule, limit: Int = 300, _ boxes: [Candidate],
    counts: (Candidate) -> Bool = { _ in true }
  ) -> [Candidate] {
    var boxes = boxes
    var heap = [UInt64](repeating: 0, count: max(boxes.count, 1))
    var kept = [Candidate](repeating: box(0, 0, 0, 0, 0), count: 2 * limit)
    let total = boxes.count
    let count = boxes.withUnsafeMutableBufferPointer { base in
      guard let address = base.baseAddress else { return 0 }
      let copy = UnsafeMutablePointer<Candidate>.allocate(capacity: total)
      defer { copy.deallocate() }
      var list = CandidateList(base: copy, capacity: total)
      for index in 0..<total { list.append(address[index]) }
      return Suppression(rule: rule, limit: limit)
        .run(list, heap: &heap, kept: &kept, counts: counts)
    }
    return Array(kept.prefix(count))
  }

  private func box(
    _ x1: Float, _ y1: Float, _ x2: Float, _ y2: Float, _ confidence: Float, _ classID: Int32 = 0
  ) -> Candidate {
    Candidate(x1: x1, y1: y1, x2: x2, y2: y2, confidence: confidence, classID: classID)
  }

  func testDropsTheWeakerOfTwoThatOverlapTooMuch() {
    // Intersection 50, union 150: IoU 1/3.
    let boxes = [box(0, 0, 10, 10, 0.5), box(5, 0, 15, 10, 0.9)]
    XCTAssertEqual(suppress(.perClass(0.3), boxes).map(\.confidence), [0.9])
    XCTAssertEqual(suppress(.perClass(0.34), boxes).map(\.confidence), [0.9, 0.5])
    XCTAssertEqual(suppress(.allowed, boxes).map(\.confidence), [0.9, 0.5])
  }

  func testClassesStandInEachOthersWayOnlyWhenAsked() {
    let boxes = [box(0, 0, 10, 10, 0.5, 1), box(0, 0, 10, 10, 0.9, 2)]
    XCTAssertEqual(suppress(.perClass(0.5), boxes).count, 2)
    XCTAssertEqual(suppress(.acrossClasses(0.5), boxes).map(\.classID), [2])
  }

  func testADroppedBoxDropsNoOther() {
    let boxes = [box(0, 0, 10, 10, 0.9), box(4, 0, 14, 10, 0.8), box(8, 0, 18, 10, 0.7)]
    XCTAssertEqual(suppress(.perClass(0.4), boxes).map(\.confidence), [0.9, 0.7])
  }

  func testOfEqualsTheFirstWins() {
    let boxes = (0..<50).map { box(Float($0), 0, Float($0) + 10, 10, 0.5) }
    XCTAssertEqual(suppress(.allowed, boxes).map(\.x1), boxes.map(\.x1))
    XCTAssertEqual(suppress(.perClass(0.05), boxes).map(\.x1), [0, 10, 20, 30, 40])
  }

  func testKeepsAtMostTheLimit() {
    let boxes = (0..<50).map { box(Float($0) * 20, 0, Float($0) * 20 + 10, 10, 0.5) }
    XCTAssertEqual(suppress(.perClass(0.5), limit: 7, boxes).count, 7)
  }

  func testWhatDoesNotCountTakesNoPlaceAndStillDropsOthers() {
    // Ten strong boxes at negative x, which do not count; the first overlaps the first of ten more.
    let outside = (0..<10).map { box(-20 * Float($0) - 10, 0, -20 * Float($0), 10, 0.9) }
    let inside = (0..<10).map { box(20 * Float($0) - 8, 0, 20 * Float($0) + 2, 10, 0.5) }
    let seen = suppress(.perClass(0.5), limit: 7, outside + inside) { $0.x2 > 0 }
      .filter { $0.x2 > 0 }
    // Of the first, 8 of 12 lie in the other's box: IoU 2/3.
    XCTAssertEqual(seen.map(\.x1), (1...7).map { 20 * Float($0) - 8 })
  }

  func testLooksAtNoMoreThanTheStrongestCandidates() {
    var boxes = (0..<Suppression.candidateCountMax).map { _ in box(0, 0, 10, 10, 0.5) }
    boxes.append(box(100, 100, 110, 110, 0.4))
    XCTAssertEqual(suppress(.perClass(0.5), boxes).count, 1)
    boxes[0] = box(100, 100, 110, 110, 0.6)
    XCTAssertEqual(suppress(.perClass(0.5), boxes).count, 2)
  }

  func testAgreesWithSortingAndComparingEveryPair() {
    var random = SeededGenerator(state: 20_240_607)
    for round in 0..<200 {
      let boxes = (0..<Int.random(in: 0...120, using: &random)).map { _ in
        let x = Float.random(in: 0..<60, using: &random)
        let y = Float.random(in: 0..<60, using: &random)
        return box(
          x, y, x + Float.random(in: 1..<30, using: &random),
          y + Float.random(in: 1..<30, using: &random),
          // Coarse steps, so that there are many equals.
          Float(Int.random(in: 0...20, using: &random)) / 20,
          Int32.random(in: 0..<3, using: &random)
        )
      }
      let iouMax = Float.random(in: 0.1..<0.9, using: &random)
      XCTAssertEqual(
        suppress(.perClass(iouMax), boxes).map(corners),
        bruteForce(boxes, iouMax, acrossClasses: false).map(corners), "round \(round)")
      XCTAssertEqual(
        suppress(.acrossClasses(iouMax), boxes).map(corners),
        bruteForce(boxes, iouMax, acrossClasses: true).map(corners), "round \(round)")
    }
  }

  private func corners(_ box: Candidate) -> [Float] {
    [box.x1, box.y1, box.x2, box.y2, box.confidence, Float(box.classID)]
  }

  /// The definition: sort, then compare with all that is kept, in double precision.
  private func bruteForce(
    _ boxes: [Candidate], _ iouMax: Float, acrossClasses: Bool
  ) -> [Candidate] {
    let order = boxes.indices.sorted {
      (-boxes[$0].confidence, $0) < (-boxes[$1].confidence, $1)
    }
    var kept: [Candidate] = []
    for index in order {
      let free = kept.allSatisfy { other in
        let mayMeet = acrossClasses || other.classID == boxes[index].classID
        return !mayMeet || iou(boxes[index], other) <= Double(iouMax)
      }
      if free { kept.append(boxes[index]) }
    }
    return kept
  }

  private func iou(_ a: Candidate, _ b: Candidate) -> Double {
    let width = Double(min(a.x2, b.x2)) - Double(max(a.x1, b.x1))
    let height = Double(min(a.y2, b.y2)) - Double(max(a.y1, b.y1))
    let both = max(width, 0) * max(height, 0)
    func area(_ c: Candidate) -> Double {
      (Double(c.x2) - Double(c.x1)) * (Double(c.y2) - Double(c.y1))
    }
    return both / (area(a) + area(b) - both)
  }
}
