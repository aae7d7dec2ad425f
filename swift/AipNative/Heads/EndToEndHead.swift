/// Models with NMS inside, or without need of it (YOLOv10, YOLO26, exports with `nms=True`):
/// `[1, N, 6]`, a row is x1, y1, x2, y2, score, class.
struct EndToEndHead: BoxHead {
  let frame: InputFrame
  let rule: ScoreRule

  var shapeWanted: String { "[1, N, 6]" }

  func boxCount(of shape: [Int]) -> Int? {
    shape.count == 3 && shape[0] == 1 && shape[2] == 6 ? shape[1] : nil
  }

  func decode(
    _ output: UnsafePointer<Float>, boxCount: Int, into candidates: inout CandidateList
  ) {
    var row = output
    for _ in 0..<boxCount {
      let confidence = rule.confidence(row[4])
      // Rows behind the last box are filled with score 0, or with class -1.
      if confidence >= rule.confidenceMin, row[5] >= 0, row[5] < 1e6 {
        candidates.append(
          Candidate(
            x1: row[0] * frame.boxScaleX, y1: row[1] * frame.boxScaleY,
            x2: row[2] * frame.boxScaleX, y2: row[3] * frame.boxScaleY,
            confidence: confidence, classID: Int32(row[5].rounded())))
      }
      row += 6
    }
  }
}
