import Foundation

open class MLImageConstraint: NSObject {
  public let pixelsHigh: Int
  public let pixelsWide: Int
  public let pixelFormatType: OSType
  public let sizeConstraint: MLImageSizeConstraint

  package init(width: Int, height: Int, format: OSType, isFlexible: Bool) {
    (pixelsWide, pixelsHigh, pixelFormatType) = (width, height, format)
    sizeConstraint = MLImageSizeConstraint(
      isFlexible ? .range : .enumerated, width: width, height: height)
  }
}

public enum MLImageSizeConstraintType: Int, Sendable {
  case unspecified = 0
  case enumerated = 2
  case range = 3
}

open class MLImageSize: NSObject {
  public let pixelsWide: Int
  public let pixelsHigh: Int

  package init(width: Int, height: Int) { (pixelsWide, pixelsHigh) = (width, height) }
}

open class MLImageSizeConstraint: NSObject {
  public let type: MLImageSizeConstraintType
  public let pixelsWideRange: NSRange
  public let pixelsHighRange: NSRange
  public let enumeratedImageSizes: [MLImageSize]

  fileprivate init(_ type: MLImageSizeConstraintType, width: Int, height: Int) {
    self.type = type
    pixelsWideRange = NSRange(location: width, length: 1)
    pixelsHighRange = NSRange(location: height, length: 1)
    enumeratedImageSizes = type == .enumerated ? [MLImageSize(width: width, height: height)] : []
  }
}

open class MLMultiArrayConstraint: NSObject {
  public let shape: [NSNumber]
  public let dataType: MLMultiArrayDataType
  public let shapeConstraint: MLMultiArrayShapeConstraint

  package init(shape: [Int], dataType: MLMultiArrayDataType, isFlexible: Bool) {
    self.shape = shape as [NSNumber]
    self.dataType = dataType
    shapeConstraint = MLMultiArrayShapeConstraint(
      shape.isEmpty ? .unspecified : isFlexible ? .range : .enumerated, shape: shape)
  }
}

public enum MLMultiArrayShapeConstraintType: Int, Sendable {
  case unspecified = 1
  case enumerated = 2
  case range = 3
}

open class MLMultiArrayShapeConstraint: NSObject {
  public let type: MLMultiArrayShapeConstraintType
  public let sizeRangeForDimension: [NSValue]
  public let enumeratedShapes: [[NSNumber]]

  fileprivate init(_ type: MLMultiArrayShapeConstraintType, shape: [Int]) {
    self.type = type
    sizeRangeForDimension = shape.map { NSValue(range: NSRange(location: $0, length: 1)) }
    enumeratedShapes = type == .enumerated ? [shape as [NSNumber]] : []
  }
}

open class MLDictionaryConstraint: NSObject {
  public let keyType: MLFeatureType

  package init(keyType: MLFeatureType) { self.keyType = keyType }
}
