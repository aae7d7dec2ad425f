#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// C strings side by side, as C functions take them; they live as long as this object.
final class CStringArray {
  let pointer: UnsafePointer<UnsafePointer<CChar>?>
  private let strings: UnsafeMutablePointer<UnsafePointer<CChar>?>
  private let count: Int

  init(_ texts: [String]) {
    count = texts.count
    strings = .allocate(capacity: max(texts.count, 1))
    strings.initialize(repeating: nil, count: max(texts.count, 1))
    for (index, text) in texts.enumerated() { strings[index] = UnsafePointer(strdup(text)) }
    pointer = UnsafePointer(strings)
  }

  deinit {
    for index in 0..<count { free(UnsafeMutablePointer(mutating: strings[index])) }
    strings.deallocate()
  }
}
