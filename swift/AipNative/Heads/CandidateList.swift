/// A box above the confidence, before NMS; corners in pixels of the model's input.
struct Candidate {
  var x1: Float
  var y1: Float
  var x2: Float
  var y2: Float
  var confidence: Float
  var classID: Int32

  var area: Float { (x2 - x1) * (y2 - y1) }
}

/// The candidates of one frame, in memory that stays for the life of a session.
///
/// It takes only candidates that can become detections: a finite box with an area, a finite
/// confidence, a class that is wanted. There is room for every box of the model's output.
struct CandidateList {
  let base: UnsafeMutablePointer<Candidate>
  let capacity: Int
  private(set) var count = 0

  /// Bit c of word c / 32 says whether class c is wanted; nil: every class.
  private let classFilter: UnsafePointer<UInt32>?
  private let classFilterWordCount: Int

  init(
    base: UnsafeMutablePointer<Candidate>, capacity: Int,
    classFilter: UnsafePointer<UInt32>? = nil, classFilterWordCount: Int = 0
  ) {
    (self.base, self.capacity) = (base, capacity)
    (self.classFilter, self.classFilterWordCount) = (classFilter, classFilterWordCount)
  }

  mutating func removeAll() { count = 0 }

  /// Takes a box given by its centre and size.
  mutating func append(
    centreX: Float, centreY: Float, width: Float, height: Float, confidence: Float, classID: Int
  ) {
    append(
      Candidate(
        x1: centreX - width / 2, y1: centreY - height / 2,
        x2: centreX + width / 2, y2: centreY + height / 2,
        confidence: confidence, classID: Int32(truncatingIfNeeded: classID)))
  }

  mutating func append(_ candidate: Candidate) {
    let area = candidate.area
    // Every comparison is false for NaN; an infinite side makes the area infinite or NaN.
    guard candidate.x2 > candidate.x1, candidate.y2 > candidate.y1, area.isFinite,
      candidate.confidence.isFinite, isWanted(candidate.classID), count < capacity
    else { return }
    base[count] = candidate
    count += 1
  }

  func isWanted(_ classID: Int32) -> Bool {
    guard classID >= 0 else { return false }
    guard let classFilter else { return true }
    let word = Int(classID >> 5)
    return word < classFilterWordCount && classFilter[word] >> UInt32(classID & 31) & 1 == 1
  }
}
