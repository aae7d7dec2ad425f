import Foundation
import StandInRuntime

/// How values get into multi-arrays: rounded as the unit computes, behind padded rows.
enum ArrayWriter {
  /// A new array; mostly, and for the Neural Engine always, its rows are padded to 64 bytes and
  /// more, the gaps full of NaN.
  static func array(
    _ shape: [Int], _ type: MLMultiArrayDataType, _ unit: ComputeUnit, innerStep: Int = 1
  ) throws -> MLMultiArray {
    if innerStep > 1 {
      let steps = contiguousSteps(shape).map { $0 * innerStep }
      return try MLMultiArray(shape, type, steps: steps)
    }
    let isPadded = shape.count > 1 && (unit == .ane || SeededRandom.below(4) > 0)
    return try MLMultiArray(
      shape, type, steps: isPadded ? paddedSteps(shape, type) : contiguousSteps(shape))
  }

  private static func paddedSteps(_ shape: [Int], _ type: MLMultiArrayDataType) -> [Int] {
    var sides = shape
    let unit = 64 / type.sizeBytes
    let rowLength = (sides.removeLast() + unit - 1) / unit * unit
    sides.append(rowLength + unit * SeededRandom.below(2))
    return contiguousSteps(sides)
  }

  static func write(_ values: [Float], to array: MLMultiArray, _ unit: ComputeUnit) {
    guard let row = array.sides.last, row > 0 else { return }
    let step = array.steps[array.steps.count - 1]
    let isHalf = unit != .cpu || array.dataType == .float16
    for start in stride(from: 0, to: values.count, by: row) {
      let base = array.offset(ofElement: start)
      for index in 0..<row {
        let value = values[start + index]
        let rounded = isHalf ? Float(Float16(value)) : value
        let place = base + index * step
        switch array.dataType {
        case .float32: array.memory.assumingMemoryBound(to: Float.self)[place] = rounded
        case .float16: array.memory.assumingMemoryBound(to: Float16.self)[place] = Float16(value)
        case .double: array.memory.assumingMemoryBound(to: Double.self)[place] = Double(rounded)
        case .int32:
          array.memory.assumingMemoryBound(to: Int32.self)[place] = Int32(
            rounded.isFinite ? rounded : 0)
        case .int8:
          array.memory.assumingMemoryBound(to: Int8.self)[place] = Int8(
            rounded.isFinite ? rounded : 0)
        }
      }
    }
  }
}
