import CAip

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Longest stretch between two looks at a stop word, in ms; half of what the ABI promises.
let stopCheckIntervalMs = 50.0

/// Monotonic clock in ms, the same in every thread of this process.
func clockMs() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) * 1e3 + Double(now.tv_nsec) * 1e-6
}

/// Whether the caller asked to stop. A null word never stops.
///
/// Every look stands between two system calls, which the compiler must assume to write memory, so
/// this is a real load each time; 32-bit loads are atomic on every supported processor.
func isStopped(_ stop: UnsafePointer<UInt32>?) -> Bool {
  guard let stop else { return false }
  return stop.pointee != 0
}

@_cdecl("aip_clock_ms")
public func clockMilliseconds() -> Double {
  clockMs()
}

@_cdecl("aip_sleep_until")
public func sleepUntil(_ deadlineMs: Double, _ stop: UnsafePointer<UInt32>?) -> Int32 {
  while true {
    if isStopped(stop) { return Int32(AIP_STATUS_STOPPED) }
    let remainingMs = deadlineMs - clockMs()
    // Written so that a deadline that is not a number ends the sleep.
    guard remainingMs > 0 else { return Int32(AIP_STATUS_OK) }
    sleepOnce(forMs: min(remainingMs, stopCheckIntervalMs))
  }
}

/// One sleep, which a signal may cut short.
private func sleepOnce(forMs durationMs: Double) {
  #if canImport(Darwin)
    // nanosleep() may be late by milliseconds there; the Mach timer is not coalesced.
    var timebase = mach_timebase_info_data_t()
    mach_timebase_info(&timebase)
    let ticks = durationMs * 1e6 * Double(timebase.denom) / Double(timebase.numer)
    mach_wait_until(mach_absolute_time() + UInt64(ticks))
  #else
    var duration = timespec(tv_sec: 0, tv_nsec: Int(durationMs * 1e6))
    nanosleep(&duration, nil)
  #endif
}
