#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How a model's raw scores become confidences, and which confidence is enough.
struct ScoreRule {
  let confidenceMin: Float
  /// Whether raw scores are logits.
  let appliesSigmoid: Bool
  /// A raw score below this cannot reach `confidenceMin`: most boxes are given up after one
  /// comparison, without an exponential.
  let rawMin: Float

  init(confidenceMin: Float, appliesSigmoid: Bool) {
    self.confidenceMin = confidenceMin
    self.appliesSigmoid = appliesSigmoid
    guard appliesSigmoid else {
      rawMin = confidenceMin
      return
    }
    // The margin covers the rounding of both functions; `confidence` decides in the end. A
    // minimum of 1 is reached by rounding, from about 16.6 on.
    rawMin = min(log(confidenceMin / (1 - confidenceMin)), 16) - 1e-3
  }

  func confidence(_ raw: Float) -> Float {
    appliesSigmoid ? 1 / (1 + exp(-raw)) : raw
  }
}

/// Largest value and its first position; (-infinity, -1) where no value is a number.
func largest(_ values: UnsafePointer<Float>, count: Int) -> (value: Float, index: Int) {
  let value = largestValue(values, count: count)
  return (value, firstIndex(of: value, in: values, count: count))
}

/// Largest value; -infinity where no value is a number. HOT: no branch depends on the data.
func largestValue(_ values: UnsafePointer<Float>, count: Int) -> Float {
  var lanes = SIMD8<Float>(repeating: -.infinity)
  var position = 0
  while position + 8 <= count {
    let next = UnsafeRawPointer(values + position).loadUnaligned(as: SIMD8<Float>.self)
    lanes.replace(with: next, where: next .> lanes)
    position += 8
  }
  var four = lanes.lowHalf
  four.replace(with: lanes.highHalf, where: lanes.highHalf .> four)
  var two = four.lowHalf
  two.replace(with: four.highHalf, where: four.highHalf .> two)
  var best = two.y > two.x ? two.y : two.x
  while position < count {
    if values[position] > best { best = values[position] }
    position += 1
  }
  return best
}

/// Position of the first value equal to `value`; -1 where there is none.
func firstIndex(of value: Float, in values: UnsafePointer<Float>, count: Int) -> Int {
  for index in 0..<count where values[index] == value { return index }
  return -1
}
