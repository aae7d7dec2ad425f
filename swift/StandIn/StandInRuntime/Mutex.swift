import Glibc

/// A lock for short sections.
package final class Mutex: @unchecked Sendable {
  private let handle: UnsafeMutablePointer<pthread_mutex_t>

  package init() {
    handle = .allocate(capacity: 1)
    pthread_mutex_init(handle, nil)
  }

  deinit {
    pthread_mutex_destroy(handle)
    handle.deallocate()
  }

  package func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
    pthread_mutex_lock(handle)
    defer { pthread_mutex_unlock(handle) }
    return try body()
  }

  /// Takes the lock if nobody holds it.
  package func tryLock() -> Bool { pthread_mutex_trylock(handle) == 0 }

  package func unlock() { pthread_mutex_unlock(handle) }
}
