#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// YOLOX without its decoding layer: `[1, N, 5 + C]`, N the cells of every stride's grid in turn,
/// row by row; a row is x, y, w, h, objectness, classes.
///
/// centre = (xy + cell)·stride, size = exp(wh)·stride, confidence = objectness · best class
/// (Ge et al., "YOLOX: Exceeding YOLO Series in 2021", arXiv:2107.08430; `demo_postprocess` of
/// Megvii-BaseDetection/YOLOX).
struct YoloxHead: BoxHead {
  let frame: InputFrame
  let strides: [Int]
  let classCount: Int
  let rule: ScoreRule

  private var cellCount: Int {
    strides.reduce(0) { $0 + (frame.width / $1) * (frame.height / $1) }
  }

  var shapeWanted: String { "[1, \(cellCount), \(5 + classCount)]" }

  func boxCount(of shape: [Int]) -> Int? {
    shape == [1, cellCount, 5 + classCount] ? cellCount : nil
  }

  func decode(
    _ output: UnsafePointer<Float>, boxCount: Int, into candidates: inout CandidateList
  ) {
    var row = output
    for stride in strides {
      for cellY in 0..<(frame.height / stride) {
        for cellX in 0..<(frame.width / stride) {
          // HOT: nearly every cell ends here. One load out of each row.
          if row[4] >= rule.rawMin {
            appendCell(row, cellX, cellY, Float(stride), &candidates)
          }
          row += 5 + classCount
        }
      }
    }
  }

  private func appendCell(
    _ row: UnsafePointer<Float>, _ cellX: Int, _ cellY: Int, _ stride: Float,
    _ candidates: inout CandidateList
  ) {
    let (best, classID) = largest(row + 5, count: classCount)
    let confidence = rule.confidence(row[4]) * rule.confidence(best)
    guard confidence >= rule.confidenceMin else { return }
    candidates.append(
      centreX: (row[0] + Float(cellX)) * stride, centreY: (row[1] + Float(cellY)) * stride,
      width: exp(row[2]) * stride, height: exp(row[3]) * stride,
      confidence: confidence, classID: classID)
  }
}
