#if canImport(CoreML)
  import CAip
  import CAipKernels
  import CoreML

  /// The model's one picture: memory that the pre-processing kernel fills for every frame, and the
  /// features that show it to Core ML. A batch's pictures have a place each.
  protocol PictureInput: AnyObject {
    /// Fills a place from a slot's pixels; the caller makes sure that no prediction reads it.
    func fill(
      _ place: Int, from slot: UnsafePointer<UInt8>
    ) throws(NativeError) -> aip_letterbox

    /// The features of the picture in a place.
    func features(_ place: Int) -> any MLFeatureProvider
  }

  /// Finds the model's picture among its inputs.
  ///
  /// - Throws: where the model's inputs are not what the configuration describes.
  func pictureInput(
    _ model: CoreMlModel, _ options: CoreMlOptions, _ config: aip_session_config, places: Int
  ) throws(NativeError) -> any PictureInput {
    let what = Session.cannotOpen(model.path)
    let inputs = model.model.modelDescription.inputDescriptionsByName
    var thresholds: [String: MLFeatureValue] = [:]
    for (name, value) in [
      (options.iouInput, config.iou_max), (options.confidenceInput, config.confidence_min),
    ] {
      guard let name, inputs[name] != nil else { continue }
      thresholds[name] = MLFeatureValue(double: Double(value))
    }
    let wanted = inputs.values.filter { !$0.isOptional && thresholds[$0.name] == nil }
    guard let picture = wanted.first, wanted.count == 1 else {
      let names = wanted.map { "\"\($0.name)\"" }.sorted().joined(separator: ", ")
      throw NativeError(
        AIP_STATUS_MODEL,
        "\(what): it wants \(wanted.count) inputs (\(names)), one picture is what there is")
    }
    do throws(NativeError) {
      if picture.type == .image {
        return try PixelBufferInput(picture, config, others: thresholds, places: places)
      }
      return try MultiArrayInput(picture, config, others: thresholds, places: places)
    } catch {
      throw NativeError(Int(error.status), "\(what): \(error.message)")
    }
  }

  /// The features of a place: its picture, and what all places share.
  func pictureFeatures(
    _ name: String, _ picture: MLFeatureValue, _ others: [String: MLFeatureValue]
  ) throws(NativeError) -> any MLFeatureProvider {
    var values: [String: Any] = others
    values[name] = picture
    do {
      return try MLDictionaryFeatureProvider(dictionary: values)
    } catch {
      throw NativeError(AIP_STATUS_MODEL, "input \"\(name)\": \(reason(error))")
    }
  }
#endif
