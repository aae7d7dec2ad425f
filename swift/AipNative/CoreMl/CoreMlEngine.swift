#if canImport(CoreML)
  import CAip
  import CAipKernels
  import CoreML

  /// A model run by Core ML, its picture and its answer in memory of our own.
  final class CoreMlEngine {
    let output: OutputTensor
    /// Frames one call can answer.
    let batchSizeMax: Int

    private let model: CoreMlModel
    private let input: any PictureInput
    private let answer: any CoreMlAnswer
    private let options = MLPredictionOptions()
    /// Core ML takes no backings for a batch.
    private let batchOptions = MLPredictionOptions()

    init(
      _ model: CoreMlModel, _ options: CoreMlOptions, _ config: aip_session_config
    ) throws(NativeError) {
      self.model = model
      let answer = try coreMlAnswer(model, options, config)
      input = try pictureInput(model, options, config, places: answer.batchSizeMax)
      self.answer = answer
      (output, batchSizeMax) = (answer.tensor, answer.batchSizeMax)
      self.options.outputBackings = answer.backings
      // Only a prediction tells the shape.
      if output.shape.isEmpty { try infer(1) }
    }

    /// HOT: once a frame.
    func fill(
      _ place: Int, from slot: UnsafePointer<UInt8>
    ) throws(NativeError) -> aip_letterbox {
      try input.fill(place, from: slot)
    }

    /// HOT: once a call. What Core ML makes for a prediction goes with the pool: outside of one it
    /// would stay, and after about a thousand predictions there would be no IOSurface left.
    func infer(_ count: Int) throws(NativeError) {
      var failure: NativeError?
      autoreleasepool {
        do throws(NativeError) {
          if count == 1 { try predictOne() } else { try predict(count) }
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
    }

    /// Throws where the answer in a place is none: a network that leaves the range of half precision
    /// gives infinities, and then what is not a number. HOT: once a frame.
    func verify(_ place: Int) throws(NativeError) {
      guard let data = output.data(place) else { return }
      let count = UInt64(output.elementCount)
      let fault: Int32 =
        switch output.type.dtype {
        case AIP_DTYPE_F32: aip_find_not_finite_f32(data, count)
        case AIP_DTYPE_F16: aip_find_not_finite_f16(data, count)
        default: Int32(AIP_FINITE)
        }
      if fault == AIP_FINITE { return }
      let seen = fault == AIP_NOT_A_NUMBER ? "values that are not numbers" : "infinite values"
      throw NativeError(
        AIP_STATUS_INFERENCE,
        "Output \"\(output.name)\" holds \(seen): the network leaves the range of half precision "
          + "(65504) on this device, or is damaged")
    }

    private func predictOne() throws(NativeError) {
      let features: any MLFeatureProvider
      do {
        features = try model.model.prediction(from: input.features(0), options: options)
      } catch {
        throw failed(error)
      }
      try answer.take(features, 0)
    }

    private func predict(_ count: Int) throws(NativeError) {
      let pictures = MLArrayBatchProvider(array: (0..<count).map { input.features($0) })
      let answers: any MLBatchProvider
      do {
        answers = try model.model.predictions(from: pictures, options: batchOptions)
      } catch {
        throw failed(error)
      }
      guard answers.count == count else {
        throw NativeError(
          AIP_STATUS_INFERENCE,
          "The inference failed: Core ML gave \(answers.count) answers to \(count) pictures")
      }
      for place in 0..<count { try answer.take(answers.features(at: place), place) }
    }

    private func failed(_ error: any Error) -> NativeError {
      NativeError(AIP_STATUS_INFERENCE, "The inference failed: \(reason(error))")
    }
  }

  extension Session {
    /// A session of Core ML; see `aip_coreml_session_create`.
    convenience init(
      path: String, compiledPath: String, computeUnits: UInt32, _ config: aip_session_config,
      options: String
    ) throws(NativeError) {
      try self.init(path: path, config) { () throws(NativeError) in
        let units: ComputeUnits
        let choices: CoreMlOptions
        do throws(NativeError) {
          units = try ComputeUnits(computeUnits)
          choices = try CoreMlOptions(options)
        } catch {
          throw NativeError(Int(error.status), "\(Self.cannotOpen(path)): \(error.message)")
        }
        // Loading makes objects that only a pool lets go.
        var opened: Result<CoreMlEngine, NativeError>?
        autoreleasepool {
          opened = Result { () throws(NativeError) in
            let model = try CoreMlModel(path: path, compiledPath: compiledPath, units, choices)
            return try CoreMlEngine(model, choices, config)
          }
        }
        guard let opened else { throw NativeError(AIP_STATUS_MODEL, "it was not opened") }
        return .coreMl(try opened.get())
      }
    }
  }
#endif
