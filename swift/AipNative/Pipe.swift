import CAip

#if canImport(Darwin)
  import Darwin
#else
  import CLinux
  import Glibc
#endif

// Reading and writing make their end of the pipe non-blocking: a blocking call could not be
// stopped. The other end, which a child process holds, is not touched by that.

@_cdecl("aip_pipe_create")
public func pipeCreate(_ capacityBytes: UInt32, _ fds: UnsafeMutablePointer<Int32>?) -> Int32 {
  answering { () throws(NativeError) in
    let fds = try required(fds, "fds")
    #if canImport(Darwin)
      guard pipe(fds) == 0 else { throw .system("Cannot create a pipe") }
      _ = fcntl(fds[0], F_SETFD, FD_CLOEXEC)
      _ = fcntl(fds[1], F_SETFD, FD_CLOEXEC)
    // Darwin grows pipes by itself, up to 64 KiB.
    #else
      guard pipe2(fds, O_CLOEXEC) == 0 else { throw .system("Cannot create a pipe") }
      widen(fds[1], to: capacityBytes)
    #endif
    return AIP_STATUS_OK
  }
}

@_cdecl("aip_pipe_read")
public func pipeRead(
  _ fd: Int32, _ bytes: UnsafeMutablePointer<UInt8>?, _ sizeBytes: UInt32,
  _ stop: UnsafePointer<UInt32>?, _ readBytes: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  answering { () throws(NativeError) in
    let bytes = try required(bytes, "bytes")
    let readBytes = try required(readBytes, "read_bytes")
    let size = Int(sizeBytes)
    var done = 0
    defer { readBytes.pointee = UInt32(done) }
    try makeNonBlocking(fd)
    // HOT: one pass for each piece the pipe holds.
    while done < size {
      let count = read(fd, bytes + done, size - done)
      if count > 0 {
        done += count
      } else if count == 0 {
        return AIP_STATUS_END
      } else if errno == EAGAIN {
        guard try waitUntilReady(fd, Int16(POLLIN), stop) else { return AIP_STATUS_STOPPED }
      } else if errno != EINTR {
        throw .system("Cannot read from file descriptor \(fd)")
      }
    }
    return AIP_STATUS_OK
  }
}

/// A reader that has gone is reported as END, provided that SIGPIPE is ignored, as Bun does.
@_cdecl("aip_pipe_write")
public func pipeWrite(
  _ fd: Int32, _ bytes: UnsafePointer<UInt8>?, _ sizeBytes: UInt32,
  _ stop: UnsafePointer<UInt32>?
) -> Int32 {
  answering { () throws(NativeError) in
    let bytes = try required(bytes, "bytes")
    let size = Int(sizeBytes)
    var done = 0
    try makeNonBlocking(fd)
    // HOT: one pass for each piece the pipe takes.
    while done < size {
      let count = write(fd, bytes + done, size - done)
      if count >= 0 {
        done += count
      } else if errno == EPIPE {
        return AIP_STATUS_END
      } else if errno == EAGAIN {
        guard try waitUntilReady(fd, Int16(POLLOUT), stop) else { return AIP_STATUS_STOPPED }
      } else if errno != EINTR {
        throw .system("Cannot write to file descriptor \(fd)")
      }
    }
    return AIP_STATUS_OK
  }
}

@_cdecl("aip_close")
public func closeDescriptor(_ fd: Int32) -> Int32 {
  answering { () throws(NativeError) in
    // After EINTR the descriptor is closed all the same, on Linux and on Darwin.
    guard close(fd) == 0 || errno == EINTR else {
      throw .system("Cannot close file descriptor \(fd)")
    }
    return AIP_STATUS_OK
  }
}

private func makeNonBlocking(_ fd: Int32) throws(NativeError) {
  let flags = fcntl(fd, F_GETFL)
  guard flags >= 0, flags & O_NONBLOCK != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 else {
    throw .system("Cannot use file descriptor \(fd)")
  }
}

/// Waits until `fd` can be read or written, or has ended; false once `stop` is set.
private func waitUntilReady(
  _ fd: Int32, _ events: Int16, _ stop: UnsafePointer<UInt32>?
) throws(NativeError) -> Bool {
  while true {
    if isStopped(stop) { return false }
    var descriptor = pollfd(fd: fd, events: events, revents: 0)
    let count = poll(&descriptor, 1, Int32(stopCheckIntervalMs))
    if count > 0 {
      guard Int32(descriptor.revents) & Int32(POLLNVAL) == 0 else {
        throw .system("Cannot wait for file descriptor \(fd)", EBADF)
      }
      return true
    }
    if count < 0 && errno != EINTR {
      throw .system("Cannot wait for file descriptor \(fd)")
    }
  }
}

#if !canImport(Darwin)
  /// What a pipe holds by default, in bytes.
  private let pipeCapacityDefault: UInt32 = 65536

  /// Asks for a larger pipe, and for less while the system refuses (/proc/sys/fs/pipe-max-size).
  private func widen(_ fd: Int32, to capacityBytes: UInt32) {
    var capacity = min(capacityBytes, UInt32(Int32.max))
    while capacity > pipeCapacityDefault {
      if fcntl(fd, Int32(AIP_F_SETPIPE_SZ), Int32(capacity)) >= 0 { return }
      capacity /= 2
    }
  }
#endif
