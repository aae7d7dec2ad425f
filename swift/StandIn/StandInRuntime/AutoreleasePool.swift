import Glibc

/// Runs `body`, then lets go of every object that was autoreleased meanwhile on this thread.
///
/// As the Objective-C module of Apple's systems has it.
public func autoreleasepool<Result>(invoking body: () throws -> Result) rethrows -> Result {
  let pools = AutoreleasePools.current
  pools.push()
  defer { pools.pop() }
  return try body()
}

/// The stack of autorelease pools of one thread.
package final class AutoreleasePools {
  private var pools: [[AnyObject]] = []
  /// Objects that no pool took: they stay until the thread ends, as on Apple's systems.
  private var stranded: [AnyObject] = []

  fileprivate func push() { pools.append([]) }

  fileprivate func pop() {
    // Taken out first: a destructor that autoreleases finds the stack in order.
    let last = pools.popLast()
    withExtendedLifetime(last) {}
  }

  /// Hands an object to the innermost pool, or counts that there is none.
  package func take(_ object: AnyObject) {
    if pools.isEmpty {
      Ledger.add(.objectsOutsidePool)
      stranded.append(object)
    } else {
      pools[pools.count - 1].append(object)
    }
  }

  /// Objects waiting for the end of this thread.
  package var strandedCount: Int { stranded.count }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { pointer in
      if let pointer { Unmanaged<AutoreleasePools>.fromOpaque(pointer).release() }
    }
    return key
  }()

  package static var current: AutoreleasePools {
    if let pointer = pthread_getspecific(key) {
      return Unmanaged<AutoreleasePools>.fromOpaque(pointer).takeUnretainedValue()
    }
    let pools = AutoreleasePools()
    pthread_setspecific(key, Unmanaged.passRetained(pools).toOpaque())
    return pools
  }
}

/// Marks an object (of a class) as one that Objective-C would return autoreleased.
package func autoreleased<Object>(_ object: Object) -> Object {
  AutoreleasePools.current.take(object as AnyObject)
  return object
}
