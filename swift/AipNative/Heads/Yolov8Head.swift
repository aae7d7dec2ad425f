/// YOLOv8, YOLO11 and their kin: centre x, centre y, width, height and C class scores a box, no
/// objectness. `[1, 4 + C, N]` as Ultralytics exports it (transposed), or `[1, N, 4 + C]`.
struct Yolov8Head: BoxHead {
  let frame: InputFrame
  let classCount: Int
  let transposed: Bool
  let rule: ScoreRule

  /// Boxes looked at together in the transposed layout: their best scores stay in the L1 cache
  /// while each class's row is read in pieces long enough for the prefetcher. 1,024 bytes are what
  /// a temporary allocation takes from the stack; more would come from the heap.
  private static let blockBoxCount = 1024 / MemoryLayout<Float>.size

  var shapeWanted: String {
    transposed ? "[1, \(4 + classCount), N]" : "[1, N, \(4 + classCount)]"
  }

  func boxCount(of shape: [Int]) -> Int? {
    guard shape.count == 3, shape[0] == 1 else { return nil }
    let (rows, boxes) = transposed ? (shape[1], shape[2]) : (shape[2], shape[1])
    return rows == 4 + classCount ? boxes : nil
  }

  func decode(
    _ output: UnsafePointer<Float>, boxCount: Int, into candidates: inout CandidateList
  ) {
    if transposed {
      decodeTransposed(output, boxCount, &candidates)
    } else {
      decodeRows(output, boxCount, &candidates)
    }
  }

  private func decodeRows(
    _ output: UnsafePointer<Float>, _ boxCount: Int, _ candidates: inout CandidateList
  ) {
    var row = output
    for _ in 0..<boxCount {
      // HOT: every score is read once; which class it was is asked only of a strong box.
      let best = largestValue(row + 4, count: classCount)
      if best >= rule.rawMin {
        let classID = firstIndex(of: best, in: row + 4, count: classCount)
        append(row[0], row[1], row[2], row[3], rule.confidence(best), classID, &candidates)
      }
      row += 4 + classCount
    }
  }

  /// Class by class along the memory: first each box's best score, then, for the few boxes that
  /// reach the minimum, which class it was.
  private func decodeTransposed(
    _ output: UnsafePointer<Float>, _ boxCount: Int, _ candidates: inout CandidateList
  ) {
    let scores = output + 4 * boxCount
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.blockBoxCount) { best in
      guard let best = best.baseAddress else { return }
      var start = 0
      while start < boxCount {
        let count = min(Self.blockBoxCount, boxCount - start)
        maximumOfRows(scores + start, boxCount, count, best)
        for offset in 0..<count where best[offset] >= rule.rawMin {
          let box = start + offset
          let classID = firstRow(of: best[offset], in: scores + box, boxCount)
          append(
            output[box], output[boxCount + box], output[2 * boxCount + box],
            output[3 * boxCount + box], rule.confidence(best[offset]), classID, &candidates)
        }
        start += count
      }
    }
  }

  /// HOT: every score is read once; the inner loop becomes packed maxima.
  private func maximumOfRows(
    _ scores: UnsafePointer<Float>, _ rowLength: Int, _ count: Int,
    _ best: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count { best[index] = -.infinity }
    var row = scores
    for _ in 0..<classCount {
      for index in 0..<count {
        best[index] = row[index] > best[index] ? row[index] : best[index]
      }
      row += rowLength
    }
  }

  private func firstRow(
    of value: Float, in column: UnsafePointer<Float>, _ rowLength: Int
  ) -> Int {
    for row in 0..<classCount where column[row * rowLength] == value { return row }
    return -1
  }

  private func append(
    _ x: Float, _ y: Float, _ width: Float, _ height: Float, _ confidence: Float, _ classID: Int,
    _ candidates: inout CandidateList
  ) {
    guard confidence >= rule.confidenceMin else { return }
    candidates.append(
      centreX: x * frame.boxScaleX, centreY: y * frame.boxScaleY,
      width: width * frame.boxScaleX, height: height * frame.boxScaleY,
      confidence: confidence, classID: classID)
  }
}
