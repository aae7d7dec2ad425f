import CAip

#if canImport(CoreML)
  import CoreML
  import Foundation
#endif

#if !canImport(CoreML)
  private let withoutCoreMl = NativeError(
    AIP_STATUS_UNSUPPORTED, "This library was built without Core ML, which only macOS has")
#endif

@_cdecl("aip_coreml_info")
public func coreMlInfo(_ json: UnsafeMutablePointer<UInt8>?, _ capacity: UInt32) -> Int32 {
  answering { () throws(NativeError) in
    let json = try required(json, "json")
    #if canImport(CoreML)
      let kinds = ComputeUnits.present()
      var writer = JsonWriter()
      writer.object { writer in
        writer.key("devices")
        writer.array { writer in
          for kind in kinds { writer.string(kind) }
        }
      }
      return try writeText(writer.text, to: json, capacity: Int(capacity))
    #else
      throw withoutCoreMl
    #endif
  }
}

@_cdecl("aip_coreml_compile")
public func coreMlCompile(
  _ modelPath: UnsafePointer<CChar>?, _ compiledPath: UnsafeMutablePointer<UInt8>?,
  _ capacity: UInt32
) -> Int32 {
  answering { () throws(NativeError) in
    let path = String(cString: try required(modelPath, "model_path"))
    let target = try required(compiledPath, "compiled_path")
    #if canImport(CoreML)
      var made: Result<String, NativeError>?
      autoreleasepool {
        do {
          made = .success(try MLModel.compileModel(at: URL(fileURLWithPath: path)).path)
        } catch {
          made = .failure(
            NativeError(AIP_STATUS_MODEL, "\(Session.cannotOpen(path)): \(reason(error))"))
        }
      }
      guard let made else { throw NativeError(AIP_STATUS_MODEL, Session.cannotOpen(path)) }
      return try writeText(try made.get(), to: target, capacity: Int(capacity))
    #else
      _ = (path, target)
      throw withoutCoreMl
    #endif
  }
}

@_cdecl("aip_coreml_plan")
public func coreMlPlan(
  _ compiledPath: UnsafePointer<CChar>?, _ computeUnits: UInt32,
  _ options: UnsafePointer<CChar>?, _ json: UnsafeMutablePointer<UInt8>?, _ capacity: UInt32,
  _ neededBytes: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  answering { () throws(NativeError) in
    let path = String(cString: try required(compiledPath, "compiled_path"))
    let options = options.map { String(cString: $0) } ?? ""
    let json = try required(json, "json")
    let neededBytes = try required(neededBytes, "needed_bytes")
    #if canImport(CoreML)
      let units = try ComputeUnits(computeUnits)
      try units.requirePresent()
      let text = try computePlan(of: path, on: units, CoreMlOptions(options))
      neededBytes.pointee = UInt32(text.utf8.count + 1)
      return try writeText(text, to: json, capacity: Int(capacity))
    #else
      _ = (path, options, json, neededBytes)
      throw withoutCoreMl
    #endif
  }
}

@_cdecl("aip_coreml_session_create")
public func coreMlSessionCreate(
  _ modelPath: UnsafePointer<CChar>?, _ compiledPath: UnsafePointer<CChar>?,
  _ computeUnits: UInt32, _ config: UnsafePointer<aip_session_config>?,
  _ options: UnsafePointer<CChar>?, _ session: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  answering { () throws(NativeError) in
    let out = try required(session, "session")
    out.pointee = nil
    let path = String(cString: try required(modelPath, "model_path"))
    let compiled = String(cString: try required(compiledPath, "compiled_path"))
    let config = try required(config, "config").pointee
    let options = options.map { String(cString: $0) } ?? ""
    #if canImport(CoreML)
      let made = try Session(
        path: path, compiledPath: compiled, computeUnits: computeUnits, config, options: options)
      out.pointee = OpaquePointer(Unmanaged.passRetained(made).toOpaque())
      return AIP_STATUS_OK
    #else
      _ = (path, compiled, config, options)
      throw withoutCoreMl
    #endif
  }
}
