import CAip

/// The library's version; the same as the package's.
let libraryVersion = "0.1.0"

@_cdecl("aip_layout_hash")
public func layoutHash() -> UInt32 {
  UInt32(AIP_LAYOUT_HASH)
}

@_cdecl("aip_version")
public func version(_ text: UnsafeMutablePointer<UInt8>?, _ capacity: UInt32) -> Int32 {
  answering { () throws(NativeError) in
    let text = try required(text, "text")
    return try writeText(libraryVersion, to: text, capacity: Int(capacity))
  }
}

@_cdecl("aip_last_error")
public func lastError(_ text: UnsafeMutablePointer<UInt8>?, _ capacity: UInt32) -> Int32 {
  guard let text else { return 0 }
  return Int32(LastError.copy(to: text, capacity: Int(capacity)))
}

/// Copies text with a NUL behind it, or throws TRUNCATED and leaves an empty text.
func writeText(
  _ source: String, to target: UnsafeMutablePointer<UInt8>, capacity: Int
) throws(NativeError) -> Int {
  var source = source
  let count = source.utf8.count
  guard count < capacity else {
    if capacity > 0 { target[0] = 0 }
    throw NativeError(
      AIP_STATUS_TRUNCATED, "The text needs \(count + 1) bytes, there is room for \(capacity)")
  }
  source.withUTF8 { bytes in
    if let base = bytes.baseAddress { target.update(from: base, count: count) }
  }
  target[count] = 0
  return AIP_STATUS_OK
}
