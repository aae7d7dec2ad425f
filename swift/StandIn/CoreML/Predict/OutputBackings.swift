import Foundation
import StandInRuntime

/// Whether Core ML writes an output to the memory a client offers. It checks what was offered, takes
/// only whole pages, and even those when it pleases.
struct OutputBackings {
  private let backings: [String: Any]
  private let faults: [Faults]

  static let none = OutputBackings([:], [])

  init(_ backings: [String: Any], _ faults: [Faults]) {
    (self.backings, self.faults) = (backings, faults)
  }

  private func has(_ name: Faults.Name) -> Bool { faults.contains { $0.has(name) } }

  /// Throws where a backing cannot be that of any output.
  func check(_ outputs: [FeatureSpec]) throws {
    for (name, backing) in backings {
      guard outputs.contains(where: { $0.name == name }) else {
        throw MLModelError(.generic, "The output backing \(name) is not an output of the model.")
      }
      guard backing is MLMultiArray || backing is CVPixelBuffer else {
        throw MLModelError(
          .generic, "The output backing \(name) must be an MLMultiArray or a CVPixelBuffer.")
      }
    }
  }

  /// The array to write an output to; nil where Core ML is to make its own.
  func array(
    for name: String, shape: [Int], type: MLMultiArrayDataType
  ) throws -> MLMultiArray? {
    guard let backing = backings[name] as? MLMultiArray else { return nil }
    guard backing.sides == shape, backing.dataType == type else {
      throw MLModelError(
        .generic,
        "The output backing \(name) of shape \(backing.sides) and data type "
          + "\(backing.dataType.rawValue) does not match the output's \(shape) and "
          + "\(type.rawValue).")
    }
    if let buffer = backing.pixelBuffer, buffer.isLocked {
      throw MLModelError(.generic, "The output backing \(name) is locked.")
    }
    let isOnSurface = backing.pixelBuffer?.hasSurface == true
    if isOnSurface { Ledger.add(.backingsOnSurfaces) }
    let isOnPages = Int(bitPattern: backing.memory) % 16384 == 0
    let isHeeded =
      (isOnSurface || backing.pixelBuffer == nil && isOnPages)
      && (has(.backingsAlways) || !has(.backingsNever) && SeededRandom.coin())
    Ledger.add(isHeeded ? .backingsHonoured : .backingsIgnored)
    return isHeeded ? backing : nil
  }
}
