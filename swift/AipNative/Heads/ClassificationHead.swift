#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Classification: C scores in `[1, C]`, `[C]` or `[1, C, 1, 1]`. The best classes become
/// detections that cover the whole picture.
struct ClassificationHead {
  let classCount: Int
  let confidenceMin: Float
  let activation: Activation

  enum Activation {
    case none, sigmoid, softmax
  }

  /// Classes that one picture can be given.
  static let answerCountMax = 5

  var shapeWanted: String { "[1, \(classCount)]" }

  func accepts(_ shape: [Int]) -> Bool {
    guard shape.contains(classCount) || classCount == 1 else { return false }
    return shape.reduce(1, *) == classCount
  }

  /// Appends the classes whose confidence reaches the minimum, in the order of the output, as boxes
  /// of `width` × `height`.
  func decode(
    _ scores: UnsafePointer<Float>, width: Float, height: Float,
    into candidates: inout CandidateList
  ) {
    let (best, _) = largest(scores, count: classCount)
    // The largest logit is taken off first, so that no exponential overflows.
    var sum: Float = 0
    if activation == .softmax {
      for index in 0..<classCount { sum += exp(scores[index] - best) }
    }
    for index in 0..<classCount {
      let confidence: Float
      switch activation {
      case .none: confidence = scores[index]
      case .sigmoid: confidence = 1 / (1 + exp(-scores[index]))
      case .softmax: confidence = exp(scores[index] - best) / sum
      }
      guard confidence >= confidenceMin else { continue }
      candidates.append(
        Candidate(
          x1: 0, y1: 0, x2: width, y2: height, confidence: confidence, classID: Int32(index)))
    }
  }
}
