import CAip
import COnnxRuntime

extension SessionOptions {
  /// Notes every operation of every run; the file is named after `prefix` and the time.
  func profile(to prefix: String) throws(NativeError) {
    try runtime.check(runtime.api.pointee.EnableProfiling(handle, prefix), Self.what)
  }
}

extension OnnxModel {
  /// Writes what has been noted so far; returns the file's path.
  func endProfile() throws(NativeError) -> String {
    try runtime.text("Cannot write the profile of a session") {
      runtime.api.pointee.SessionEndProfiling(session, $0, $1)
    }
  }
}

@_cdecl("aip_session_create_profiled")
public func sessionCreateProfiled(
  _ modelPath: UnsafePointer<CChar>?, _ model: UnsafePointer<UInt8>?, _ modelBytes: UInt32,
  _ config: UnsafePointer<aip_session_config>?, _ providerOptions: UnsafePointer<CChar>?,
  _ profilePrefix: UnsafePointer<CChar>?, _ session: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  answering { () throws(NativeError) in
    let out = try required(session, "session")
    out.pointee = nil
    let made = try Session(
      path: String(cString: try required(modelPath, "model_path")),
      bytes: model.map { UnsafeRawBufferPointer(start: $0, count: Int(modelBytes)) },
      try required(config, "config").pointee,
      providerOptions: providerOptions.map { String(cString: $0) } ?? "",
      profilePrefix: String(cString: try required(profilePrefix, "profile_prefix")))
    out.pointee = OpaquePointer(Unmanaged.passRetained(made).toOpaque())
    return AIP_STATUS_OK
  }
}

@_cdecl("aip_session_end_profile")
public func sessionEndProfile(
  _ session: OpaquePointer?, _ path: UnsafeMutablePointer<UInt8>?, _ capacity: UInt32
) -> Int32 {
  answering { () throws(NativeError) in
    let handle = UnsafeRawPointer(try required(session, "session"))
    let path = try required(path, "path")
    let session = Unmanaged<Session>.fromOpaque(handle).takeUnretainedValue()
    guard case .onnx(let engine) = session.engine else {
      throw NativeError(AIP_STATUS_UNSUPPORTED, "Only sessions of ONNX Runtime have a profile")
    }
    return try writeText(try engine.endProfile(), to: path, capacity: Int(capacity))
  }
}
