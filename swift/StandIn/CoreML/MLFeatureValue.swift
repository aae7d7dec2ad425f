import Foundation
import StandInRuntime

/// One input or output. Its initializers are factory methods of Objective-C on Apple's systems, so
/// what they make is autoreleased.
open class MLFeatureValue: NSObject {
  private enum Content {
    case undefined
    case int64(Int64)
    case double(Double)
    case string(String)
    case image(CVPixelBuffer)
    case multiArray(MLMultiArray)
    case dictionary([AnyHashable: NSNumber])
  }

  private let content: Content
  public let type: MLFeatureType

  private init(_ content: Content, _ type: MLFeatureType) {
    (self.content, self.type) = (content, type)
    super.init()
    Ledger.add(.liveFeatureValues)
    _ = autoreleased(self)
  }

  deinit { Ledger.add(.liveFeatureValues, -1) }

  public convenience init(int64 value: Int64) { self.init(.int64(value), .int64) }

  public convenience init(double value: Double) { self.init(.double(value), .double) }

  public convenience init(string value: String) { self.init(.string(value), .string) }

  public convenience init(pixelBuffer value: CVPixelBuffer) { self.init(.image(value), .image) }

  public convenience init(multiArray value: MLMultiArray) {
    self.init(.multiArray(value), .multiArray)
  }

  public convenience init(dictionary value: [AnyHashable: NSNumber]) throws {
    self.init(.dictionary(value), .dictionary)
  }

  public convenience init(undefined type: MLFeatureType) { self.init(.undefined, type) }

  open var isUndefined: Bool {
    if case .undefined = content { true } else { false }
  }

  open var int64Value: Int64 {
    if case .int64(let value) = content { value } else { 0 }
  }

  open var doubleValue: Double {
    if case .double(let value) = content { value } else { 0 }
  }

  open var stringValue: String {
    if case .string(let value) = content { value } else { "" }
  }

  open var imageBufferValue: CVPixelBuffer? {
    if case .image(let value) = content { value } else { nil }
  }

  open var multiArrayValue: MLMultiArray? {
    if case .multiArray(let value) = content { value } else { nil }
  }

  open var dictionaryValue: [AnyHashable: NSNumber] {
    if case .dictionary(let value) = content { value } else { [:] }
  }
}
