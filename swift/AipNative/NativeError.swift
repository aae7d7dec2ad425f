import CAip

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A failure inside the library: the status to return and one clear sentence.
struct NativeError: Error {
  let status: Int32
  let message: String

  init(_ status: Int, _ message: String) {
    self.status = Int32(status)
    self.message = message
  }

  static func invalidArgument(_ message: String) -> NativeError {
    NativeError(AIP_STATUS_INVALID_ARGUMENT, message)
  }

  /// A failed system call, described by `errno`.
  static func system(_ what: String, _ code: Int32 = errno) -> NativeError {
    NativeError(AIP_STATUS_IO, "\(what): \(String(cString: strerror(code)))")
  }
}

/// Runs the body of an exported function: a thrown error becomes its status and the thread's last
/// error message.
func answering(_ body: () throws(NativeError) -> Int) -> Int32 {
  do {
    return Int32(try body())
  } catch {
    LastError.set(error.message)
    return error.status
  }
}

/// The pointer a caller must not leave out.
func required<Pointer>(
  _ pointer: Pointer?, _ name: StaticString
) throws(NativeError) -> Pointer {
  guard let pointer else { throw .invalidArgument("The argument \(name) is null") }
  return pointer
}
