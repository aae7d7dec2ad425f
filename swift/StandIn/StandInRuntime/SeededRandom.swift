import Glibc

/// Chance that a test can repeat: the same seed (AIP_STANDIN_SEED, default 1) gives the same run.
package enum SeededRandom {
  private static let lock = Mutex()
  nonisolated(unsafe) private static var state: UInt64 =
    getenv("AIP_STANDIN_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1

  package static func seed(_ value: UInt64) {
    lock.locked { state = value }
  }

  /// SplitMix64 (Steele, Lea and Flood: "Fast splittable pseudorandom number generators", 2014).
  package static func next() -> UInt64 {
    lock.locked {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// A whole number below `bound`.
  package static func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// True in one of two cases.
  package static func coin() -> Bool { next() & 1 == 1 }
}
