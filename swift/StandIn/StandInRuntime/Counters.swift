import Glibc

/// What the stand-in counts while a test runs. A live count goes down again; the others only grow.
package enum Counter: String, CaseIterable {
  case livePixelBuffers
  case livePixelBufferPools
  case liveMultiArrays
  case liveFeatureValues
  case liveModels
  case pixelBuffersMade
  case multiArraysMade
  /// Inputs and output backings whose pixels had to be copied for want of an IOSurface.
  case buffersWithoutIOSurface
  /// The same for want of a texture over their memory, on the GPU.
  case buffersWithoutMetal
  /// Input arrays that lie on an IOSurface.
  case arraysOnSurfaces
  /// Output backings that do.
  case backingsOnSurfaces
  /// Input arrays of another number type than the model's, which are converted.
  case arraysConverted
  /// Objects that the system would have autoreleased with no pool to take them.
  case objectsOutsidePool
  case compilations
  case loads
  case predictions
  case backingsHonoured
  case backingsIgnored
}

/// The counts of this process, and every rule of Apple's that was broken in it.
package enum Ledger {
  private static let lock = Mutex()
  nonisolated(unsafe) private static var counts = [Int](
    repeating: 0, count: Counter.allCases.count)
  nonisolated(unsafe) private static var broken: [String] = []
  private static let index = Dictionary(
    uniqueKeysWithValues: Counter.allCases.enumerated().map { ($1, $0) })

  /// Most violations kept; a test needs the first ones.
  private static let violationCountMax = 100

  package static func add(_ counter: Counter, _ amount: Int = 1) {
    guard let place = index[counter] else { return }
    lock.locked { counts[place] += amount }
  }

  package static func count(_ counter: Counter) -> Int {
    guard let place = index[counter] else { return 0 }
    return lock.locked { counts[place] }
  }

  /// Records that a rule was broken, and says so on stderr.
  package static func violation(_ sentence: String) {
    let isNew = lock.locked {
      guard broken.count < violationCountMax, !broken.contains(sentence) else { return false }
      broken.append(sentence)
      return true
    }
    if isNew { fputs("Core ML stand-in: \(sentence)\n", stderr) }
  }

  package static var violations: [String] { lock.locked { broken } }

  /// Forgets the violations and every count that only grows.
  package static func reset() {
    lock.locked {
      broken = []
      for (counter, place) in index where !counter.rawValue.hasPrefix("live") { counts[place] = 0 }
    }
  }
}
