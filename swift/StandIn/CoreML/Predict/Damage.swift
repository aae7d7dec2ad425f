import Foundation
import StandInRuntime

/// What a faulty unit does to an answer.
struct Damage {
  private let faults: Faults
  private let unit: ComputeUnit
  private let ordinal: Int

  init(_ faults: Faults, _ unit: ComputeUnit, _ ordinal: Int) {
    (self.faults, self.unit, self.ordinal) = (faults, unit, ordinal)
  }

  func has(_ name: Faults.Name) -> Bool { faults.has(name, on: unit, at: ordinal) }

  /// Before anything is computed.
  func strike() throws {
    if has(.predictCrash) { abort() }
    if has(.predictKilled) { kill(getpid(), SIGKILL) }
    if has(.predictHang) { Faults.hang() }
    if has(.predictFail) {
      throw MLModelError(.generic, "Unable to compute the prediction using a neural network model.")
    }
    Faults.sleep(milliseconds: faults.milliseconds(.predictMs, on: unit))
    Faults.spin(milliseconds: faults.milliseconds(.predictBusyMs, on: unit))
  }

  func apply(_ answer: inout OnnxNetwork.Answer, isBoxes: Bool, isScores: Bool) {
    var values = answer.values
    if has(.nan) { values = values.map { _ in .nan } }
    if has(.overflow) { values = values.map { $0 == 0 ? 0 : $0 * 1e9 } }
    if has(.wrong), !values.isEmpty {
      let by = values.count / 3
      values = Array(values[by...] + values[..<by])
    }
    if isScores && has(.scoresNan) { values = values.map { _ in .nan } }
    answer = .init(shape: answer.shape, values: values)
    if has(.answerShape) { answer = shortened(answer) }
    if isScores && has(.scoresFewer), let count = answer.shape.first, count > 0 {
      let kept = values.count / count * (count - 1)
      answer = .init(
        shape: [count - 1] + answer.shape.dropFirst(), values: Array(values[..<kept]))
    }
    if isBoxes && has(.empty) { answer = .init(shape: [0] + answer.shape.dropFirst(), values: []) }
    if isBoxes && has(.emptyFlat) { answer = .init(shape: [0], values: []) }
  }

  /// Without the last value of each row.
  private func shortened(_ answer: OnnxNetwork.Answer) -> OnnxNetwork.Answer {
    guard let row = answer.shape.last, row > 1 else { return answer }
    let values = answer.values.enumerated().filter { ($0.offset + 1) % row != 0 }.map(\.element)
    return .init(shape: answer.shape.dropLast() + [row - 1], values: values)
  }
}

/// The faults of the process and those of the model, one after the other.
struct Damages {
  private let damages: [Damage]

  init(_ damages: [Damage]) { self.damages = damages }

  func strike() throws {
    for damage in damages { try damage.strike() }
  }

  func has(_ name: Faults.Name) -> Bool { damages.contains { $0.has(name) } }

  func apply(_ answer: inout OnnxNetwork.Answer, isBoxes: Bool, isScores: Bool) {
    for damage in damages { damage.apply(&answer, isBoxes: isBoxes, isScores: isScores) }
  }
}
