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

  private func has(_ name: Faults.Name) -> Bool { faults.has(name, on: unit, at: ordinal) }

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

  func apply(_ answer: inout OnnxNetwork.Answer, isBoxes: Bool) {
    var values = answer.values
    if has(.nan) { values = values.map { _ in .nan } }
    if has(.overflow) { values = values.map { $0 == 0 ? 0 : $0 * 1e9 } }
    if has(.wrong), !values.isEmpty {
      let by = values.count / 3
      values = Array(values[by...] + values[..<by])
    }
    answer = .init(shape: answer.shape, values: values)
    if isBoxes && has(.empty) { answer = .init(shape: [0] + answer.shape.dropFirst(), values: []) }
    if isBoxes && has(.emptyFlat) { answer = .init(shape: [0], values: []) }
  }
}

/// The faults of the process and those of the model, one after the other.
struct Damages {
  private let damages: [Damage]

  init(_ damages: [Damage]) { self.damages = damages }

  func strike() throws {
    for damage in damages { try damage.strike() }
  }

  func apply(_ answer: inout OnnxNetwork.Answer, isBoxes: Bool) {
    for damage in damages { damage.apply(&answer, isBoxes: isBoxes) }
  }
}
