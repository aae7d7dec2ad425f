import XCTest

@testable import AipNative

/// What a head makes of an output.
func decoded(
  _ head: any BoxHead, _ output: [Float], shape: [Int], classes: [Int]? = nil
) throws -> [Candidate] {
  let count = try XCTUnwrap(head.boxCount(of: shape))
  return collect(capacity: count, classes: classes) { candidates in
    head.decode(output, boxCount: count, into: &candidates)
  }
}

/// The candidates that `body` appends.
func collect(
  capacity: Int, classes: [Int]? = nil, _ body: (inout CandidateList) -> Void
) -> [Candidate] {
  var filter = [UInt32](repeating: 0, count: 32)
  for id in classes ?? [] { filter[id / 32] |= 1 << UInt32(id % 32) }
  let base = UnsafeMutablePointer<Candidate>.allocate(capacity: max(capacity, 1))
  defer { base.deallocate() }
  return filter.withUnsafeBufferPointer { words in
    var list = CandidateList(
      base: base, capacity: capacity, classFilter: classes == nil ? nil : words.baseAddress,
      classFilterWordCount: words.count)
    body(&list)
    return Array(UnsafeBufferPointer(start: base, count: list.count))
  }
}

func assertBox(
  _ candidate: Candidate, _ corners: [Float], _ confidence: Float, _ classID: Int32,
  accuracy: Float = 1e-4, line: UInt = #line
) {
  let seen = [candidate.x1, candidate.y1, candidate.x2, candidate.y2, candidate.confidence]
  for (value, expected) in zip(seen, corners + [confidence]) {
    XCTAssertEqual(value, expected, accuracy: accuracy, line: line)
  }
  XCTAssertEqual(candidate.classID, classID, line: line)
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
