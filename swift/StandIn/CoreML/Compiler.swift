import Foundation
import Glibc
import StandInRuntime

/// Makes compiled models: folders of the stand-in's own, in the place Core ML puts them.
enum Compiler {
  /// The file whose presence says that a folder is a compiled model.
  static let marker = "coremldata.bin"

  /// As documented, the folder is temporary: whoever wants to keep it moves it away.
  static func compile(_ url: URL) throws -> URL {
    let faults = Faults.ofProcess
    // What it makes on its way is the caller's pool's to let go.
    _ = autoreleased(NSObject())
    Ledger.add(.compilations)
    try note(url)
    if faults.has(.compileFail) {
      throw MLModelError(.io, "Failed to compile the model at path: \(url.path)")
    }
    let source = try ModelSource(url)
    let (bytes, spec) = try source.readSpecification()
    var file = try StandInFile.find(for: source)
    let folder =
      temporaryFolder
      .appendingPathComponent("\(UUID().uuidString)-\(getpid())")
      .appendingPathComponent(url.deletingPathExtension().lastPathComponent + ".mlmodelc")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for function in spec.functions {
        guard let path = file.network(of: function.name) else {
          throw MLModelError(.io, "The stand-in has no network for function \(function.name).")
        }
        let name = "\(function.name).onnx"
        try Data(contentsOf: URL(fileURLWithPath: path))
          .write(to: folder.appendingPathComponent(name))
        file.functions = (file.functions ?? [:]).merging([function.name: name]) { $1 }
      }
      if faults.has(.compileFull) {
        // As Foundation has it of a disk that is full.
        throw NSError(domain: "NSCocoaErrorDomain", code: 640)
      }
      if faults.has(.compileCrash) { abort() }
      if faults.has(.compileHang) { Faults.hang() }
      Faults.sleep(milliseconds: faults.milliseconds(.compileMs))
      file.onnx = nil
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      try encoder.encode(file).write(to: folder.appendingPathComponent(StandInFile.name))
      let name = url.deletingPathExtension().lastPathComponent
      try CompiledMetadata.json(of: spec, named: name)
        .write(to: folder.appendingPathComponent("metadata.json"))
      try Data(bytes).write(to: folder.appendingPathComponent(marker))
    } catch {
      try? FileManager.default.removeItem(at: folder.deletingLastPathComponent())
      throw error is MLModelError
        ? error : MLModelError(.io, "Failed to write the compiled model: \(error)")
    }
    return folder
  }

  /// On a Mac the system names it and TMPDIR does not move it; here AIP_STANDIN_TEMPORARY names it.
  private static var temporaryFolder: URL {
    guard let path = getenv("AIP_STANDIN_TEMPORARY") else {
      return FileManager.default.temporaryDirectory
    }
    return URL(fileURLWithPath: String(cString: path))
  }

  /// A line for each compilation in the file AIP_STANDIN_COMPILE_LOG names, over all processes.
  private static func note(_ url: URL) throws {
    guard let path = getenv("AIP_STANDIN_COMPILE_LOG"), let log = fopen(path, "a") else { return }
    defer { fclose(log) }
    fputs("\(getpid()) \(url.path)\n", log)
  }
}

extension MLModel {
  /// Synchronous; Apple means to deprecate it.
  public class func compileModel(at url: URL) throws -> URL {
    try Compiler.compile(url)
  }

  public class func compileModel(at url: URL) async throws -> URL {
    try Compiler.compile(url)
  }
}
