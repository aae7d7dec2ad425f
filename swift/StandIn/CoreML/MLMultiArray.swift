import Foundation
import Glibc
import StandInRuntime

public enum MLMultiArrayDataType: Int, Sendable {
  case double = 65600
  case float32 = 65568
  case float16 = 65552
  case int32 = 131104
  case int8 = 131080

  public static var float64: MLMultiArrayDataType { .double }
  public static var float: MLMultiArrayDataType { .float32 }

  package var sizeBytes: Int {
    switch self {
    case .double: 8
    case .float32, .int32: 4
    case .float16: 2
    case .int8: 1
    }
  }
}

/// A tensor. Nothing but its strides says where its elements lie.
open class MLMultiArray: NSObject, @unchecked Sendable {
  public let dataType: MLMultiArrayDataType
  public let shape: [NSNumber]
  public let strides: [NSNumber]
  public let pixelBuffer: CVPixelBuffer?
  package let sides: [Int]
  package let steps: [Int]
  /// Where the elements are, for Core ML itself.
  package let memory: UnsafeMutableRawPointer
  private let release: () -> Void

  private init(
    _ memory: UnsafeMutableRawPointer, _ sides: [Int], _ dataType: MLMultiArrayDataType,
    _ steps: [Int], _ pixelBuffer: CVPixelBuffer? = nil, release: @escaping () -> Void
  ) {
    (self.memory, self.sides, self.steps, self.dataType) = (memory, sides, steps, dataType)
    (self.pixelBuffer, self.release) = (pixelBuffer, release)
    shape = sides as [NSNumber]
    strides = steps as [NSNumber]
    super.init()
    Ledger.add(.liveMultiArrays)
    Ledger.add(.multiArraysMade)
  }

  deinit {
    release()
    Ledger.add(.liveMultiArrays, -1)
  }

  /// Contiguous and not initialized, as documented.
  public convenience init(shape: [NSNumber], dataType: MLMultiArrayDataType) throws {
    let sides = shape.map(\.intValue)
    try self.init(sides, dataType, steps: contiguousSteps(sides))
  }

  package convenience init(
    _ sides: [Int], _ dataType: MLMultiArrayDataType, steps: [Int]
  ) throws {
    guard sides.allSatisfy({ $0 >= 0 }) else {
      throw MLModelError(.generic, "The shape \(sides) of a MultiArray must not be negative.")
    }
    let sizeBytes = max(1, spannedCount(sides, steps) * dataType.sizeBytes)
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, sizeBytes) == 0, let memory else {
      throw MLModelError(.generic, "Failed to allocate memory for a MultiArray.")
    }
    memset(memory, 0xFF, sizeBytes)  // NaN: what nobody has written, nobody may read.
    self.init(memory, sides, dataType, steps) { free(memory) }
  }

  public convenience init(
    dataPointer: UnsafeMutableRawPointer, shape: [NSNumber], dataType: MLMultiArrayDataType,
    strides: [NSNumber], deallocator: ((UnsafeMutableRawPointer) -> Void)? = nil
  ) throws {
    guard shape.count == strides.count else {
      throw MLModelError(
        .generic, "The shape has \(shape.count) dimensions, the strides \(strides.count).")
    }
    self.init(dataPointer, shape.map(\.intValue), dataType, strides.map(\.intValue)) {
      deallocator?(dataPointer)
    }
  }

  /// Over the rows of a pixel buffer of halves. Apple's raises an exception where they do not fit.
  public convenience init(pixelBuffer: CVPixelBuffer, shape: [NSNumber]) {
    let sides = shape.map(\.intValue)
    let format = CVPixelBufferGetPixelFormatType(pixelBuffer)
    precondition(
      format == kCVPixelFormatType_OneComponent16Half,
      "Core ML stand-in: a MultiArray's pixel buffer must be OneComponent16Half")
    let rows = sides.dropLast().reduce(1, *)
    precondition(
      sides.last == CVPixelBufferGetWidth(pixelBuffer)
        && rows == CVPixelBufferGetHeight(pixelBuffer),
      "Core ML stand-in: the pixel buffer's size does not match the shape \(sides)")
    var steps = contiguousSteps(sides)
    let rowSteps = contiguousSteps(Array(sides.dropLast()))
    let rowLength = CVPixelBufferGetBytesPerRow(pixelBuffer) / 2
    for axis in rowSteps.indices { steps[axis] = rowSteps[axis] * rowLength }
    self.init(pixelBuffer.pixels, sides, .float16, steps, pixelBuffer) {}
  }

  open var count: Int { sides.reduce(1, *) }

  @available(*, deprecated, message: "Use withUnsafeBytes or withUnsafeMutableBytes")
  open var dataPointer: UnsafeMutableRawPointer { memory }
}

/// Steps of a tensor without gaps, in elements.
package func contiguousSteps(_ sides: [Int]) -> [Int] {
  var steps = [Int](repeating: 1, count: sides.count)
  for axis in sides.indices.dropLast().reversed() {
    steps[axis] = steps[axis + 1] * sides[axis + 1]
  }
  return steps
}

/// Elements from the first one to the last one of a tensor, both included.
package func spannedCount(_ sides: [Int], _ steps: [Int]) -> Int {
  guard sides.allSatisfy({ $0 > 0 }) else { return 0 }
  return zip(sides, steps).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
}
