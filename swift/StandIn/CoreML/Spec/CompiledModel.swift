import Foundation
import StandInRuntime

/// A `.mlmodelc` folder as `Compiler` writes it.
struct CompiledModel {
  let url: URL
  let spec: ModelSpec
  let file: StandInFile

  var faults: Faults { Faults(file.faults ?? "") }

  init(_ url: URL) throws {
    self.url = url
    let marker = url.appendingPathComponent(Compiler.marker)
    guard let data = try? Data(contentsOf: marker) else {
      throw MLModelError(
        .io,
        "Unable to load model: \(url.path)/. Compile the model with Xcode or "
          + "`MLModel.compileModel(at:)`.")
    }
    spec = try ModelSpec([UInt8](data)[...])
    let fileURL = url.appendingPathComponent(StandInFile.name)
    file = try StandInFile.read(fileURL)
    Self.remember(url, data + (try Data(contentsOf: fileURL)))
  }

  nonisolated(unsafe) private static var seen: [String: Data] = [:]
  private static let lock = Mutex()

  /// Core ML keeps what it makes of a model by the path it was loaded from.
  private static func remember(_ url: URL, _ content: Data) {
    let path = url.standardizedFileURL.path
    let isReplaced = lock.locked {
      defer { seen[path] = content }
      return seen[path].map { $0 != content } ?? false
    }
    if isReplaced { Ledger.violation("another model was loaded from the path of an earlier one") }
  }

  /// The function of a name, or the default one.
  func function(_ name: String?) throws -> ModelSpec.FunctionSpec {
    let wanted = name ?? spec.defaultFunction
    guard let function = spec.functions.first(where: { $0.name == wanted }) else {
      throw MLModelError(.generic, "The model has no function named \(wanted).")
    }
    return function
  }

  func network(of function: ModelSpec.FunctionSpec) throws -> String {
    guard let name = file.network(of: function.name) else {
      throw MLModelError(.io, "The stand-in has no network for function \(function.name).")
    }
    return url.appendingPathComponent(name).path
  }
}

extension ModelSpec {
  func description(of function: FunctionSpec, labels: [String]?) -> MLModelDescription {
    let known = labels ?? (classLabels.isEmpty ? nil : classLabels)
    return MLModelDescription(
      inputs: function.inputs.map(\.description), outputs: function.outputs.map(\.description),
      predictedFeatureName: function.predictedFeatureName,
      predictedProbabilitiesName: function.predictedProbabilitiesName, classLabels: known,
      metadata: metadata)
  }
}
