import CAip

#if canImport(Darwin)
  import Darwin
  import Foundation

  /// What this process has asked macOS for, while it lasts.
  private enum Activity {
    static let lock = {
      let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
      pthread_mutex_init(lock, nil)
      return lock
    }()
    nonisolated(unsafe) static var token: (any NSObjectProtocol)?
    nonisolated(unsafe) static var holderCount = 0
  }
#endif

@_cdecl("aip_thread_prioritise")
public func threadPrioritise() -> Int32 {
  answering { () throws(NativeError) in
    #if canImport(Darwin)
      // Without a class of its own a thread may be put on the efficiency cores.
      let status = pthread_set_qos_class_self_np(QOS_CLASS_USER_INITIATED, 0)
      guard status == 0 else {
        throw NativeError(
          AIP_STATUS_UNSUPPORTED,
          "Cannot raise the thread's priority: \(String(cString: strerror(status)))")
      }
    #endif
    return AIP_STATUS_OK
  }
}

@_cdecl("aip_activity_begin")
public func activityBegin() -> Int32 {
  #if canImport(Darwin)
    pthread_mutex_lock(Activity.lock)
    defer { pthread_mutex_unlock(Activity.lock) }
    Activity.holderCount += 1
    if Activity.token == nil {
      Activity.token = ProcessInfo.processInfo.beginActivity(
        options: [.userInitiated, .latencyCritical], reason: "video inference")
    }
  #endif
  return Int32(AIP_STATUS_OK)
}

@_cdecl("aip_activity_end")
public func activityEnd() -> Int32 {
  #if canImport(Darwin)
    pthread_mutex_lock(Activity.lock)
    defer { pthread_mutex_unlock(Activity.lock) }
    Activity.holderCount -= 1
    guard Activity.holderCount == 0 else { return Int32(AIP_STATUS_OK) }
    if let token = Activity.token { ProcessInfo.processInfo.endActivity(token) }
    Activity.token = nil
  #endif
  return Int32(AIP_STATUS_OK)
}
