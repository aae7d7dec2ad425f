/// YOLOv5 as Ultralytics exports it: `[1, N, 5 + C]`, a row is centre x, centre y, width, height
/// (decoded), objectness, classes; confidence = objectness · best class.
struct Yolov5Head: BoxHead {
  let frame: InputFrame
  let classCount: Int
  let rule: ScoreRule

  var shapeWanted: String { "[1, N, \(5 + classCount)]" }

  func boxCount(of shape: [Int]) -> Int? {
    shape.count == 3 && shape[0] == 1 && shape[2] == 5 + classCount ? shape[1] : nil
  }

  func decode(
    _ output: UnsafePointer<Float>, boxCount: Int, into candidates: inout CandidateList
  ) {
    var row = output
    for _ in 0..<boxCount {
      // HOT: nearly every box ends here.
      if row[4] >= rule.rawMin { appendBox(row, &candidates) }
      row += 5 + classCount
    }
  }

  private func appendBox(_ row: UnsafePointer<Float>, _ candidates: inout CandidateList) {
    let (best, classID) = largest(row + 5, count: classCount)
    let confidence = rule.confidence(row[4]) * rule.confidence(best)
    guard confidence >= rule.confidenceMin else { return }
    candidates.append(
      centreX: row[0] * frame.boxScaleX, centreY: row[1] * frame.boxScaleY,
      width: row[2] * frame.boxScaleX, height: row[3] * frame.boxScaleY,
      confidence: confidence, classID: classID)
  }
}
