import CAip

@_cdecl("aip_session_create")
public func sessionCreate(
  _ modelPath: UnsafePointer<CChar>?, _ model: UnsafePointer<UInt8>?, _ modelBytes: UInt32,
  _ config: UnsafePointer<aip_session_config>?, _ providerOptions: UnsafePointer<CChar>?,
  _ session: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  answering { () throws(NativeError) in
    let out = try required(session, "session")
    out.pointee = nil
    let made = try Session(
      path: String(cString: try required(modelPath, "model_path")),
      bytes: model.map { UnsafeRawBufferPointer(start: $0, count: Int(modelBytes)) },
      try required(config, "config").pointee,
      providerOptions: providerOptions.map { String(cString: $0) } ?? "")
    out.pointee = OpaquePointer(Unmanaged.passRetained(made).toOpaque())
    return AIP_STATUS_OK
  }
}

@_cdecl("aip_session_run")
public func sessionRun(
  _ session: OpaquePointer?, _ slot: UnsafePointer<UInt8>?, _ result: UnsafeMutablePointer<UInt8>?
) -> Int32 {
  guard let result else {
    return answering { () throws(NativeError) in
      throw .invalidArgument("The argument result is null")
    }
  }
  let block = ResultBlock(result)
  block.clear()
  block.descriptor.pointee.started_ms = clockMs()
  let status = answering { () throws(NativeError) in
    let handle = UnsafeRawPointer(try required(session, "session"))
    let slot = try required(slot, "slot")
    try Unmanaged<Session>.fromOpaque(handle).takeUnretainedValue().run(slot: slot, into: block)
    return AIP_STATUS_OK
  }
  block.descriptor.pointee.status = status
  block.descriptor.pointee.finished_ms = clockMs()
  return status
}

@_cdecl("aip_session_payload_bytes")
public func sessionPayloadBytes(
  _ session: OpaquePointer?, _ sizeBytes: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  answering { () throws(NativeError) in
    let handle = UnsafeRawPointer(try required(session, "session"))
    let sizeBytes = try required(sizeBytes, "size_bytes")
    let session = Unmanaged<Session>.fromOpaque(handle).takeUnretainedValue()
    sizeBytes.pointee = UInt32(session.payloadBytes)
    return AIP_STATUS_OK
  }
}

@_cdecl("aip_session_destroy")
public func sessionDestroy(_ session: OpaquePointer?) {
  guard let session else { return }
  Unmanaged<Session>.fromOpaque(UnsafeRawPointer(session)).release()
}
