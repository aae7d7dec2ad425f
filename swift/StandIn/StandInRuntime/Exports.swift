import Glibc

/// Writes the counts and violations of this process as JSON, NUL-terminated; returns the number of
/// bytes, or -1 where `capacity` is too small.
@_cdecl("aip_standin_counters")
public func standInCounters(_ json: UnsafeMutablePointer<UInt8>, _ capacity: UInt32) -> Int32 {
  var fields = Counter.allCases.map { "\"\($0.rawValue)\":\(Ledger.count($0))" }
  let sentences = Ledger.violations.map { sentence in
    "\"" + sentence.replacing("\\", "\\\\").replacing("\"", "\\\"") + "\""
  }
  fields.append("\"violations\":[" + sentences.joined(separator: ",") + "]")
  let text = Array(("{" + fields.joined(separator: ",") + "}").utf8) + [0]
  guard text.count <= Int(capacity) else { return -1 }
  json.update(from: text, count: text.count)
  return Int32(text.count - 1)
}

/// Sets every count to zero but those of live objects, and forgets the violations.
@_cdecl("aip_standin_reset")
public func standInReset() { Ledger.reset() }

/// Replaces the faults of this process; see `Faults`.
@_cdecl("aip_standin_set_faults")
public func standInSetFaults(_ text: UnsafePointer<CChar>) {
  Faults.ofProcess = Faults(String(cString: text))
}

/// Starts the seeded chance again.
@_cdecl("aip_standin_seed")
public func standInSeed(_ seed: UInt32) { SeededRandom.seed(UInt64(seed)) }

extension String {
  fileprivate func replacing(_ character: Character, _ replacement: String) -> String {
    reduce(into: "") { $0 += $1 == character ? replacement : String($1) }
  }
}
