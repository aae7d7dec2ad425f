import Foundation
import StandInRuntime

/// What Core ML refuses, in about its own words, and what it merely does slowly, counted.
enum InputCheck {
  static func value(
    _ feature: FeatureSpec, of provider: any MLFeatureProvider
  ) throws -> MLFeatureValue? {
    guard provider.featureNames.contains(feature.name),
      let value = provider.featureValue(for: feature.name), !value.isUndefined
    else {
      if feature.isOptional { return nil }
      throw MLModelError(
        .featureType, "Feature \(feature.name) is required but not specified.")
    }
    guard value.type == feature.description.type else {
      throw MLModelError(
        .featureType,
        "Value type not convertible: feature \(feature.name) is of type \(value.type).")
    }
    switch feature.kind {
    case .image(let width, let height, let color, _):
      try check(value.imageBufferValue, feature.name, width, height, color.pixelFormat)
    case .multiArray(let shape, let type, let isFlexible):
      try check(value.multiArrayValue, feature.name, isFlexible ? nil : shape, type)
    default: break
    }
    return value
  }

  private static func check(
    _ picture: CVPixelBuffer?, _ name: String, _ width: Int, _ height: Int, _ format: OSType
  ) throws {
    guard let picture else { throw MLModelError(.featureType, "Feature \(name) has no image.") }
    let (seenWidth, seenHeight) = (
      CVPixelBufferGetWidth(picture), CVPixelBufferGetHeight(picture)
    )
    guard seenWidth == width, seenHeight == height else {
      throw MLModelError(
        .generic,
        "Image size \(seenWidth) x \(seenHeight) not in allowed set of image sizes: "
          + "\(width) x \(height) for feature \(name).")
    }
    let seen = CVPixelBufferGetPixelFormatType(picture)
    guard seen == format else {
      throw MLModelError(
        .generic, "Image of feature \(name) is not of the expected pixel format \(format): \(seen)."
      )
    }
    check(picture, name)
  }

  private static func check(_ pixels: CVPixelBuffer, _ name: String) {
    if pixels.isLocked {
      Ledger.violation("a prediction was given the locked pixel buffer of feature \(name)")
    }
    if !pixels.hasSurface { Ledger.add(.buffersWithoutIOSurface) }
    if !pixels.isForMetal { Ledger.add(.buffersWithoutMetal) }
  }

  private static func check(
    _ array: MLMultiArray?, _ name: String, _ shape: [Int]?, _ type: MLMultiArrayDataType
  ) throws {
    guard let array else { throw MLModelError(.featureType, "Feature \(name) has no array.") }
    guard shape == nil || array.sides == shape else {
      throw MLModelError(
        .generic,
        "MultiArray shape \(array.sides) does not match the shape \(shape ?? []) specified in the model "
          + "description for feature \(name).")
    }
    if let pixels = array.pixelBuffer {
      check(pixels, name)
      if pixels.hasSurface { Ledger.add(.arraysOnSurfaces) }
    }
    // It takes any number type, and pays for it by a copy.
    if array.dataType != type { Ledger.add(.arraysConverted) }
  }
}
