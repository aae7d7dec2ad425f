import Foundation

/// A model as it is written: a package, or one file.
struct ModelSource {
  let url: URL
  let specification: URL

  init(_ url: URL) throws {
    self.url = url
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw MLModelError(.io, "A model does not exist at path: \(url.path)")
    }
    guard isFolder.boolValue else {
      specification = url
      return
    }
    specification = try Self.root(of: url)
    try WeightFile.check(beside: specification)
  }

  /// The specification a package's manifest names.
  private static func root(of package: URL) throws -> URL {
    struct Manifest: Decodable {
      struct Item: Decodable { let path: String }
      let itemInfoEntries: [String: Item]
      let rootModelIdentifier: String
    }
    let manifest = package.appendingPathComponent("Manifest.json")
    guard let data = try? Data(contentsOf: manifest) else {
      throw MLModelError(.io, "A valid manifest does not exist at path: \(manifest.path)")
    }
    guard let content = try? JSONDecoder().decode(Manifest.self, from: data),
      let item = content.itemInfoEntries[content.rootModelIdentifier]
    else {
      throw MLModelError(.io, "The manifest at path \(manifest.path) is invalid.")
    }
    let root = package.appendingPathComponent("Data").appendingPathComponent(item.path)
    guard FileManager.default.fileExists(atPath: root.path) else {
      throw MLModelError(.io, "The package's root model does not exist at path: \(root.path)")
    }
    return root
  }

  func readSpecification() throws -> (bytes: [UInt8], spec: ModelSpec) {
    guard let data = try? Data(contentsOf: specification) else {
      throw MLModelError(.io, "Unable to read the model at path: \(specification.path)")
    }
    let bytes = [UInt8](data)
    return (bytes, try ModelSpec(bytes[...]))
  }
}

/// A package's weights: blobs in the storage format of coremltools (MILBlob/Blob/StorageFormat.hpp).
///
///     header   u32 count, u32 version, 56 bytes reserved
///     blob     u32 0xDEADBEEF, u32 type, u64 size, u64 offset of the data, 40 bytes reserved
enum WeightFile {
  private static let headerBytes = 64
  private static let sentinel: UInt32 = 0xDEAD_BEEF

  static func check(beside specification: URL) throws {
    let url = specification.deletingLastPathComponent()
      .appendingPathComponent("weights").appendingPathComponent("weight.bin")
    guard let data = try? Data(contentsOf: url) else { return }
    let bytes = [UInt8](data)
    func broken() -> MLModelError {
      MLModelError(.io, "Unable to read the weights at path \(url.path): the file is truncated.")
    }
    guard bytes.count >= headerBytes else { throw broken() }
    func load<Number: FixedWidthInteger>(_ offset: Int, as: Number.Type) -> Number {
      bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
    }
    var offset = headerBytes
    for _ in 0..<load(0, as: UInt32.self) {
      guard offset + headerBytes <= bytes.count, load(offset, as: UInt32.self) == sentinel else {
        throw broken()
      }
      let size = load(offset + 8, as: UInt64.self)
      let start = load(offset + 16, as: UInt64.self)
      let end = start.addingReportingOverflow(size)
      guard !end.overflow, end.partialValue <= UInt64(bytes.count) else { throw broken() }
      offset = (Int(end.partialValue) + headerBytes - 1) / headerBytes * headerBytes
    }
  }
}
