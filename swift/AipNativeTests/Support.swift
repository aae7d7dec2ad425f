import CAip
import XCTest

/// The calling thread's last error message.
func lastErrorText() -> String {
  var text = [UInt8](repeating: 0, count: 4096)
  _ = aip_last_error(&text, UInt32(text.count))
  return String(cString: text)
}

/// Starts a thread and waits for its end.
func runToEnd(_ thread: Thread) {
  thread.start()
  while !thread.isFinished { usleep(1000) }
}

/// A stop word that another thread may set.
final class StopWord: @unchecked Sendable {
  let pointer = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

  init() { pointer.initialize(to: 0) }
  deinit { pointer.deallocate() }

  func set(afterMs delayMs: UInt32) {
    Thread {
      usleep(delayMs * 1000)
      self.pointer.pointee = 1
    }.start()
  }
}
