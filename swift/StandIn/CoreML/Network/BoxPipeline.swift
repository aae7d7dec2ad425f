import Foundation

/// What an NMS pipeline of Core ML does behind its network: boxes out of the raw output, the weak
/// and the overlapping ones left out, `coordinates` `[N, 4]` as centre and size in 0–1, and
/// `confidence` `[N, classes]`, its classes padded to a multiple of 80.
struct BoxPipeline {
  /// Of a class that only pads: above every score, so that whoever reads it finds nothing else.
  private static let paddingScore: Float = 2

  private let layout: Layout
  private let width: Int
  private let height: Int
  private let classCount: Int

  private enum Layout {
    case yolox(strides: [Int])
    case yolov8
  }

  init(_ pipeline: StandInFile.Pipeline, width: Int, height: Int) throws {
    (self.width, self.height) = (width, height)
    classCount = pipeline.classes ?? 0
    switch pipeline.layout {
    case "yolox": layout = .yolox(strides: pipeline.strides ?? [8, 16, 32])
    case "yolov8": layout = .yolov8
    default: throw MLModelError(.io, "The stand-in knows no boxes of layout \(pipeline.layout).")
    }
  }

  struct Boxes {
    var coordinates: OnnxNetwork.Answer
    var confidence: OnnxNetwork.Answer
  }

  private struct Candidate {
    /// Centre and size in input pixels.
    let box: [Float]
    let scores: [Float]
    let best: Int
    var score: Float { scores[best] }
  }

  func boxes(
    _ raw: OnnxNetwork.Answer, confidenceMin: Float, overlapMax: Float
  ) throws -> Boxes {
    guard raw.shape.count == 3, raw.shape[0] == 1 else {
      throw MLModelError(.generic, "The stand-in reads no boxes in shape \(raw.shape).")
    }
    let all =
      switch layout {
      case .yolox(let strides): try yolox(raw, strides)
      case .yolov8: yolov8(raw)
      }
    let strong = all.filter { $0.score >= confidenceMin }.sorted { $0.score > $1.score }
    var kept: [Candidate] = []
    for candidate in strong {
      let isHidden = kept.contains {
        $0.best == candidate.best && Self.overlap($0.box, candidate.box) > overlapMax
      }
      if !isHidden { kept.append(candidate) }
    }
    let known = all.first?.scores.count ?? 0
    let classes = max(classCount, known)
    let padding = (classes + 79) / 80 * 80 - classes
    let sides = [Float(width), Float(height), Float(width), Float(height)]
    return Boxes(
      coordinates: .init(
        shape: [kept.count, 4], values: kept.flatMap { zip($0.box, sides).map { $0 / $1 } }),
      confidence: .init(
        shape: [kept.count, classes + padding],
        values: kept.flatMap {
          $0.scores + [Float](repeating: 0, count: classes - known)
            + [Float](repeating: Self.paddingScore, count: padding)
        }))
  }

  /// YOLOX: offsets within the cells of one grid a stride, sizes as logarithms (Ge et al. 2021).
  private func yolox(_ raw: OnnxNetwork.Answer, _ strides: [Int]) throws -> [Candidate] {
    let length = raw.shape[2]
    var candidates: [Candidate] = []
    for stride in strides {
      for y in 0..<(height / stride) {
        for x in 0..<(width / stride) {
          let start = candidates.count * length
          guard start + length <= raw.values.count else {
            throw MLModelError(.generic, "The stand-in's grids have more cells than the output.")
          }
          let row = raw.values[start..<(start + length)]
          let at = row.startIndex
          let scores = row.dropFirst(5).map { $0 * row[at + 4] }
          candidates.append(
            Candidate(
              box: [
                (row[at] + Float(x)) * Float(stride), (row[at + 1] + Float(y)) * Float(stride),
                exp(row[at + 2]) * Float(stride), exp(row[at + 3]) * Float(stride),
              ],
              scores: scores, best: Self.best(scores)))
        }
      }
    }
    return candidates
  }

  private func yolov8(_ raw: OnnxNetwork.Answer) -> [Candidate] {
    let (rows, count) = (raw.shape[1], raw.shape[2])
    return (0..<count).map { index in
      let column = (0..<rows).map { raw.values[$0 * count + index] }
      let scores = Array(column.dropFirst(4))
      return Candidate(box: Array(column.prefix(4)), scores: scores, best: Self.best(scores))
    }
  }

  private static func best(_ scores: [Float]) -> Int {
    scores.indices.max { scores[$0] < scores[$1] } ?? 0
  }

  private static func overlap(_ a: [Float], _ b: [Float]) -> Float {
    func shared(_ axis: Int) -> Float {
      let low = max(a[axis] - a[axis + 2] / 2, b[axis] - b[axis + 2] / 2)
      let high = min(a[axis] + a[axis + 2] / 2, b[axis] + b[axis + 2] / 2)
      return max(0, high - low)
    }
    let intersection = shared(0) * shared(1)
    let union = a[2] * a[3] + b[2] * b[3] - intersection
    return union > 0 ? intersection / union : 0
  }
}
