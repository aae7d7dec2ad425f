import CAip

/// Memory that starts on a cache line, zeroed, for as long as this object lives.
final class AlignedBuffer {
  /// A cache line; also the alignment the widest vector loads want.
  static let alignmentBytes = 64

  let address: UnsafeMutableRawPointer
  let sizeBytes: Int

  init(sizeBytes: Int) {
    self.sizeBytes = sizeBytes
    address = .allocate(byteCount: max(sizeBytes, 1), alignment: Self.alignmentBytes)
    address.initializeMemory(as: UInt8.self, repeating: 0, count: max(sizeBytes, 1))
  }

  deinit { address.deallocate() }
}
