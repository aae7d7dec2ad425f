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
///
/// Two passes without a branch on the data: the maximum, then where it stands.
func largest(_ values: UnsafePointer<Float>, count: Int) -> (value: Float, index: Int) {
  var lanes = SIMD8<Float>(repeating: -.infinity)
  var position = 0
  while position + 8 <= count {
    let next = UnsafeRawPointer(values + position).loadUnaligned(as: SIMD8<Float>.self)
    lanes.replace(with: next, where: next .> lanes)
    position += 8
  }
  var best = -Float.infinity
  for lane in 0..<8 where lanes[lane] > best { best = lanes[lane] }
  while position < count {
    if values[position] > best { best = values[position] }
    position += 1
  }
  for index in 0..<count where values[index] == best { return (best, index) }
  return (-.infinity, -1)
}
