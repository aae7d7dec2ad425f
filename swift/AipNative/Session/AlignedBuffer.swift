import CAip

/// Memory that starts on a cache line, or on a larger boundary, zeroed, for as long as this object
/// lives.
final class AlignedBuffer {
  /// A cache line; also the alignment the widest vector loads want.
  static let alignmentBytes = 64
  /// A page of every supported system; 16 KiB on Apple silicon.
  static let pageBytes = 16384

  let address: UnsafeMutableRawPointer
  let sizeBytes: Int

  /// - Parameter alignment: a power of two. With `pageBytes` the memory fills whole pages.
  init(sizeBytes: Int, alignment: Int = alignmentBytes) {
    self.sizeBytes = sizeBytes
    let roomBytes =
      alignment < Self.pageBytes
      ? max(sizeBytes, 1) : (max(sizeBytes, 1) + alignment - 1) / alignment * alignment
    address = .allocate(byteCount: roomBytes, alignment: alignment)
    address.initializeMemory(as: UInt8.self, repeating: 0, count: roomBytes)
  }

  deinit { address.deallocate() }
}
