#if canImport(CoreML)
  import CAip
  import CoreML
  import Foundation

  /// A compiled model, loaded for some of this machine's compute units. It is one session's alone:
  /// Core ML lets one thread at a time into a model.
  final class CoreMlModel {
    let model: MLModel
    /// Where the user has the model; for messages.
    let path: String

    /// - Parameters:
    ///   - compiledPath: an `.mlmodelc` folder. Core ML keeps what it makes of the model for this
    ///     machine by this path, so that a path must never hold another model.
    init(
      path: String, compiledPath: String, _ units: ComputeUnits, _ options: CoreMlOptions
    ) throws(NativeError) {
      let what = Session.cannotOpen(path)
      do throws(NativeError) {
        try units.requirePresent()
      } catch {
        throw NativeError(Int(error.status), "\(what): \(error.message)")
      }
      let configuration = try Self.configuration(units, options, what)
      self.path = path
      do {
        let url = URL(fileURLWithPath: compiledPath, isDirectory: true)
        model = try MLModel(contentsOf: url, configuration: configuration)
      } catch {
        throw NativeError(AIP_STATUS_MODEL, "\(what): \(reason(error))")
      }
    }

    /// What a model is loaded with, and a plan made with.
    static func configuration(
      _ units: ComputeUnits, _ options: CoreMlOptions, _ what: String
    ) throws(NativeError) -> MLModelConfiguration {
      let configuration = MLModelConfiguration()
      configuration.computeUnits = units.units
      configuration.allowLowPrecisionAccumulationOnGPU = options.lowPrecision
      try choose(options.function, configuration, what)
      try hint(options, configuration, what)
      return configuration
    }

    private static func choose(
      _ function: String?, _ configuration: MLModelConfiguration, _ what: String
    ) throws(NativeError) {
      guard let function else { return }
      guard #available(macOS 15.0, *) else {
        throw NativeError(
          AIP_STATUS_UNSUPPORTED,
          "\(what): function \"\(function)\" was asked for, models of several functions need "
            + "macOS 15")
      }
      configuration.functionName = function
    }

    private static func hint(
      _ options: CoreMlOptions, _ configuration: MLModelConfiguration, _ what: String
    ) throws(NativeError) {
      if let reshape = options.reshape {
        guard #available(macOS 14.4, *) else {
          throw NativeError(
            AIP_STATUS_UNSUPPORTED, "\(what): the option reshape needs macOS 14.4")
        }
        configuration.optimizationHints.reshapeFrequency =
          reshape == .frequent ? .frequent : .infrequent
      }
      if options.fastPrediction {
        guard #available(macOS 15.0, *) else {
          throw NativeError(
            AIP_STATUS_UNSUPPORTED, "\(what): the option fast-prediction needs macOS 15")
        }
        configuration.optimizationHints.specializationStrategy = .fastPrediction
      }
    }
  }

  /// What Core ML says of a failure, in one sentence without its end.
  func reason(_ error: any Error) -> String {
    var text = error.localizedDescription[...]
    while let last = text.last, last == "." || last.isWhitespace { text.removeLast() }
    return text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
#endif
