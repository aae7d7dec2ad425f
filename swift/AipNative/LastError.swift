#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The message of the last error of each thread, as `aip_last_error` returns it.
enum LastError {
  /// Longer messages are cut here.
  static let capacityBytes = 4096

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key) { text in free(text) }
    precondition(status == 0, "no thread-specific storage left")
    return key
  }()

  /// Remembers a message for the calling thread.
  static func set(_ message: String) {
    guard let text = buffer() else { return }
    var utf8 = message
    utf8.withUTF8 { bytes in
      var count = min(bytes.count, capacityBytes - 1)
      // Cut between characters: a UTF-8 continuation byte is 10xxxxxx.
      while count < bytes.count, count > 0, bytes[count] & 0xC0 == 0x80 { count -= 1 }
      if let base = bytes.baseAddress { memcpy(text, base, count) }
      text[count] = 0
    }
  }

  /// Copies the message, NUL-terminated and cut to `capacity`; returns its length in bytes.
  static func copy(to target: UnsafeMutablePointer<UInt8>, capacity: Int) -> Int {
    guard capacity > 0 else { return 0 }
    guard let text = pthread_getspecific(key)?.assumingMemoryBound(to: UInt8.self) else {
      target[0] = 0
      return 0
    }
    let count = strlen(UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
    let copied = min(count, capacity - 1)
    memcpy(target, text, copied)
    target[copied] = 0
    return count
  }

  private static func buffer() -> UnsafeMutablePointer<UInt8>? {
    if let text = pthread_getspecific(key) { return text.assumingMemoryBound(to: UInt8.self) }
    guard let text = malloc(capacityBytes) else { return nil }
    pthread_setspecific(key, text)
    return text.assumingMemoryBound(to: UInt8.self)
  }
}
