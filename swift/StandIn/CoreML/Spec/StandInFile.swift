import Foundation
import StandInRuntime

/// What the stand-in must know beyond a model's specification, since no ONNX Runtime runs an ML
/// Program: `standin.json` in the package, or `X.standin.json` beside `X.mlmodel`. A package without
/// one takes `X.onnx` beside it, and of `X.json` beside that the input's scale.
struct StandInFile: Codable {
  /// The network, relative to this file.
  var onnx: String?
  /// The networks of a model's functions, by their names, where it has several.
  var functions: [String: String]?
  var input: Input?
  /// The network's outputs by the model's; without it they go by their places.
  var outputs: [String: String]?
  /// How an NMS pipeline's network lays out its boxes.
  var pipeline: Pipeline?
  /// Class labels of a program's classifier.
  var labels: [String]?
  /// Operators, such as `ios17.resize`, that run on the CPU whatever was asked for.
  var fallbacks: [String]?
  /// See `Faults`.
  var faults: String?

  /// What happens to a picture's values on their way: `(value * scale - mean) / std`.
  struct Input: Codable {
    var scale: Double?
    var mean: [Double]?
    var std: [Double]?
    /// `rgb` or `bgr`; else as the specification says.
    var channels: String?
  }

  struct Pipeline: Codable {
    /// `yolox` `[1, n, 5 + classes]`, or `yolov8` `[1, 4 + classes, n]`.
    var layout: String
    /// Of YOLOX's grids.
    var strides: [Int]?
    /// Classes of the model, where its network has fewer: the others are never found.
    var classes: Int?
  }

  static let name = "standin.json"

  static func read(_ url: URL) throws -> StandInFile {
    do {
      return try JSONDecoder().decode(StandInFile.self, from: Data(contentsOf: url))
    } catch {
      throw MLModelError(.io, "The stand-in cannot read \(url.path): \(error)")
    }
  }

  /// The file of a model, its paths made absolute.
  static func find(for source: ModelSource) throws -> StandInFile {
    let stem = source.url.deletingPathExtension()
    let candidates = [
      source.url.appendingPathComponent(name), stem.appendingPathExtension(name),
    ]
    for url in candidates where FileManager.default.fileExists(atPath: url.path) {
      var file = try read(url)
      let folder = url.deletingLastPathComponent()
      file.onnx = file.onnx.map { URL(fileURLWithPath: $0, relativeTo: folder).path }
      file.functions = file.functions?.mapValues {
        URL(fileURLWithPath: $0, relativeTo: folder).path
      }
      return file
    }
    let onnx = stem.appendingPathExtension("onnx")
    guard FileManager.default.fileExists(atPath: onnx.path) else {
      throw MLModelError(
        .io,
        "The stand-in has no network for \(source.url.path): neither \(name) in it nor "
          + "\(onnx.lastPathComponent) beside it exists.")
    }
    struct Manifest: Decodable { let input: Input? }
    let manifest = try? Data(contentsOf: stem.appendingPathExtension("json"))
    let input = manifest.flatMap { try? JSONDecoder().decode(Manifest.self, from: $0).input }
    return StandInFile(onnx: onnx.path, input: input)
  }

  /// The network of a function, as this file names it.
  func network(of function: String) -> String? { functions?[function] ?? onnx }
}
