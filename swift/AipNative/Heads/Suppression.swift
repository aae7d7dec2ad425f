/// Which boxes stand in each other's way.
enum OverlapRule {
  /// None: the model has chosen already.
  case allowed
  /// Boxes of the same class that overlap by more than this IoU.
  case perClass(Float)
  /// Any two boxes that overlap by more than this IoU.
  case acrossClasses(Float)
}

/// Greedy non-maximum suppression.
///
/// The strongest candidate is kept, every weaker one that overlaps it is dropped, and so on; of
/// equal confidences the one that comes first in the output wins. Candidates come off a binary
/// heap, so nothing is sorted beyond what is kept; at most `candidateCountMax` are looked at and
/// each is compared with at most twice `limit` kept ones.
struct Suppression {
  /// Weaker candidates than these many are not looked at (Ultralytics' `max_nms`).
  static let candidateCountMax = 30_000

  let rule: OverlapRule
  let limit: Int

  /// Writes what is kept to `kept`, strongest first, and returns how many there are.
  ///
  /// - Parameters:
  ///   - heap: room for `candidates.count` keys.
  ///   - kept: room for twice `limit` candidates.
  ///   - counts: whether one counts towards the limit. One that does not is kept all the same, and
  ///     drops what it overlaps, as long as there is room: up to `limit` of them.
  func run(
    _ candidates: CandidateList, heap: UnsafeMutablePointer<UInt64>,
    kept: UnsafeMutablePointer<Candidate>, counts: (Candidate) -> Bool
  ) -> Int {
    var heapCount = candidates.count
    for index in 0..<heapCount {
      heap[index] = sortKey(candidates.base[index].confidence, index)
    }
    makeHeap(heap, heapCount)
    var (countedCount, otherCount) = (0, 0)
    var remaining = min(heapCount, Self.candidateCountMax)
    while remaining > 0 && countedCount < limit {
      let index = Int(UInt32.max - UInt32(truncatingIfNeeded: heap[0]))
      heapCount -= 1
      heap[0] = heap[heapCount]
      siftDown(heap, 0, heapCount)
      remaining -= 1
      let candidate = candidates.base[index]
      guard isFree(candidate, kept, countedCount + otherCount) else { continue }
      let isCounted = counts(candidate)
      if !isCounted && otherCount == limit { continue }
      kept[countedCount + otherCount] = candidate
      if isCounted { countedCount += 1 } else { otherCount += 1 }
    }
    return countedCount + otherCount
  }

  private func isFree(
    _ candidate: Candidate, _ kept: UnsafePointer<Candidate>, _ keptCount: Int
  ) -> Bool {
    switch rule {
    case .allowed:
      return true
    case .perClass(let iouMax):
      for index in 0..<keptCount where kept[index].classID == candidate.classID {
        if overlaps(candidate, kept[index], iouMax) { return false }
      }
    case .acrossClasses(let iouMax):
      for index in 0..<keptCount where overlaps(candidate, kept[index], iouMax) { return false }
    }
    return true
  }
}

/// Whether the IoU of two boxes is above `iouMax`, without a division.
private func overlaps(_ one: Candidate, _ other: Candidate, _ iouMax: Float) -> Bool {
  let width = min(one.x2, other.x2) - max(one.x1, other.x1)
  let height = min(one.y2, other.y2) - max(one.y1, other.y1)
  guard width > 0, height > 0 else { return false }
  let intersection = width * height
  return intersection > iouMax * (one.area + other.area - intersection)
}

/// Larger for the stronger candidate, and for the earlier one of two equals. The bits of floats
/// that are not negative are ordered as the floats are; adding 0 turns -0 into 0.
private func sortKey(_ confidence: Float, _ index: Int) -> UInt64 {
  UInt64((confidence + 0).bitPattern) << 32 | UInt64(UInt32.max - UInt32(truncatingIfNeeded: index))
}

private func makeHeap(_ heap: UnsafeMutablePointer<UInt64>, _ count: Int) {
  var root = count / 2
  while root > 0 {
    root -= 1
    siftDown(heap, root, count)
  }
}

private func siftDown(_ heap: UnsafeMutablePointer<UInt64>, _ start: Int, _ count: Int) {
  guard start < count else { return }
  let key = heap[start]
  var hole = start
  while true {
    var child = 2 * hole + 1
    guard child < count else { break }
    if child + 1 < count && heap[child + 1] > heap[child] { child += 1 }
    guard heap[child] > key else { break }
    heap[hole] = heap[child]
    hole = child
  }
  heap[hole] = key
}
