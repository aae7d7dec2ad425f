import Glibc

/// A kind of compute unit, by the name faults have for it.
package enum ComputeUnit: String, Sendable {
  case cpu, gpu, ane
}

/// What is to go wrong, on request: words like `ane/predict-crash@20`, separated by commas or spaces,
/// in AIP_STANDIN_FAULTS, in a package's standin.json, or from `aip_standin_set_faults`.
///
/// In front of a slash stands the one unit it concerns, after @ the one prediction (of the process,
/// 1 is the first), after = a number of milliseconds.
package struct Faults: Sendable {
  package enum Name: String, Sendable {
    /// The system has no such unit.
    case noAne = "no-ane"
    case noGpu = "no-gpu"
    case compileFail = "compile-fail"
    case compileHang = "compile-hang"
    /// The process dies with half of the compiled model written.
    case compileCrash = "compile-crash"
    /// The disk is full where the compiler writes.
    case compileFull = "compile-full"
    case compileMs = "compile-ms"
    case loadFail = "load-fail"
    case loadHang = "load-hang"
    case loadCrash = "load-crash"
    case loadMs = "load-ms"
    case predictFail = "predict-fail"
    case predictHang = "predict-hang"
    case predictCrash = "predict-crash"
    /// The process is killed, as by a system short of memory.
    case predictKilled = "predict-killed"
    case predictMs = "predict-ms"
    /// A core is kept busy, for so much processor time.
    case predictBusyMs = "predict-busy-ms"
    /// No boxes in the answer of an NMS pipeline.
    case empty
    /// The same, in arrays of one dimension.
    case emptyFlat = "empty-flat"
    /// Every value of the answer is NaN.
    case nan
    /// Values beyond what half precision holds, which become infinite.
    case overflow
    /// A plausible answer of another picture: all values are moved along.
    case wrong
    /// Arrays of another type than declared.
    case answerType = "answer-type"
    /// Arrays that lack the last value of each row.
    case answerShape = "answer-shape"
    /// One answer too few to a batch.
    case answerCount = "answer-count"
    /// Arrays whose values lie apart within a row, too.
    case answerStrides = "answer-strides"
    /// One row of confidences too few for the boxes of an NMS pipeline.
    case scoresFewer = "scores-fewer"
    /// Confidences of an NMS pipeline that are NaN, beside sound boxes.
    case scoresNan = "scores-nan"
    /// Probabilities without that of the last class.
    case labelMissing = "label-missing"
    /// Output backings: heeded always, or never, instead of at random.
    case backingsAlways = "backings-always"
    case backingsNever = "backings-never"
  }

  private struct Fault {
    let name: Name
    let unit: ComputeUnit?
    let ordinal: Int?
    let amount: Int?
  }

  private var faults: [Fault] = []
  /// Words that name no fault.
  package private(set) var unknown: [String] = []

  package init(_ text: String) {
    for word in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      let slash = word.split(separator: "/", maxSplits: 1)
      let unit = slash.count == 2 ? ComputeUnit(rawValue: String(slash[0])) : nil
      let rest = slash.last ?? ""
      let name = rest.prefix { $0 != "@" && $0 != "=" }
      let number = Int(rest.dropFirst(name.count + 1))
      let mark = rest.dropFirst(name.count).first
      guard let known = Name(rawValue: String(name)), (slash.count == 2) == (unit != nil),
        (mark == nil) == (number == nil)
      else {
        unknown.append(String(word))
        continue
      }
      faults.append(
        Fault(
          name: known, unit: unit, ordinal: mark == "@" ? number : nil,
          amount: mark == "=" ? number : nil))
    }
  }

  /// Whether a fault is to happen on a unit, at a prediction where that counts.
  package func has(_ name: Name, on unit: ComputeUnit? = nil, at ordinal: Int? = nil) -> Bool {
    faults.contains {
      $0.name == name && ($0.unit == nil || $0.unit == unit)
        && ($0.ordinal == nil || $0.ordinal == ordinal)
    }
  }

  /// The number of milliseconds given for a delay.
  package func milliseconds(_ name: Name, on unit: ComputeUnit? = nil) -> Int {
    faults.last { $0.name == name && ($0.unit == nil || $0.unit == unit) }?.amount ?? 0
  }

  private static let lock = Mutex()
  nonisolated(unsafe) private static var current = Faults(
    getenv("AIP_STANDIN_FAULTS").map { String(cString: $0) } ?? "")

  /// What this process is to suffer.
  package static var ofProcess: Faults {
    get {
      lock.locked {
        for word in current.unknown { Ledger.violation("\"\(word)\" is no fault it knows") }
        return current
      }
    }
    set { lock.locked { current = newValue } }
  }

  package static func sleep(milliseconds: Int) {
    if milliseconds > 0 { usleep(UInt32(milliseconds) * 1000) }
  }

  /// Keeps a core busy, for so much of this thread's own processor time: what else the machine does
  /// takes nothing off it.
  package static func spin(milliseconds: Int) {
    var now = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    let end = now.tv_sec * 1000 + now.tv_nsec / 1_000_000 + milliseconds
    while now.tv_sec * 1000 + now.tv_nsec / 1_000_000 < end {
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    }
  }

  /// As a call that never comes back.
  package static func hang() -> Never {
    while true { Glibc.sleep(3600) }
  }
}
