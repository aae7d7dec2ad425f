#if canImport(CoreML)
  import CoreML
  import Foundation

  #if canImport(Darwin)
    import Darwin
  #else
    import Glibc
  #endif

  extension MLMultiArray {
    /// Its dimensions.
    var sides: [Int] { shape.map(\.intValue) }

    /// Copies its values to dense, row-major memory, whatever lies between its rows: Core ML pads
    /// them, most of all for the Neural Engine. Doubles become f32, other types stay as they are.
    ///
    /// - Parameter target: room for `count` values.
    func copyDense(to target: UnsafeMutableRawPointer) {
      let (sides, steps) = (self.sides, strides.map(\.intValue))
      guard let rowLength = sides.last, count > 0 else { return }
      let (isDouble, step) = (dataType == .double, steps.last ?? 1)
      let width = isDouble ? 8 : dataType == .float16 ? 2 : 4
      let rowBytes = rowLength * (isDouble ? 4 : width)
      withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        var place = [Int](repeating: 0, count: sides.count)
        var to = target
        for _ in 0..<(count / rowLength) {
          var offset = 0
          for axis in 0..<(sides.count - 1) { offset += place[axis] * steps[axis] }
          let row = base + offset * width
          if isDouble {
            Self.narrow(row, step, to, rowLength)
          } else if step == 1 {
            memcpy(to, row, rowBytes)
          } else {
            Self.gather(row, step * width, width, to, rowLength)
          }
          to += rowBytes
          Self.advance(&place, sides)
        }
      }
    }

    /// To the next row: the last axis but one counts up first.
    private static func advance(_ place: inout [Int], _ sides: [Int]) {
      var axis = sides.count - 2
      while axis >= 0 {
        place[axis] += 1
        if place[axis] < sides[axis] { return }
        place[axis] = 0
        axis -= 1
      }
    }

    private static func gather(
      _ from: UnsafeRawPointer, _ stepBytes: Int, _ width: Int, _ to: UnsafeMutableRawPointer,
      _ count: Int
    ) {
      for index in 0..<count { memcpy(to + index * width, from + index * stepBytes, width) }
    }

    private static func narrow(
      _ from: UnsafeRawPointer, _ step: Int, _ to: UnsafeMutableRawPointer, _ count: Int
    ) {
      for index in 0..<count {
        let value = from.loadUnaligned(fromByteOffset: index * step * 8, as: Double.self)
        to.storeBytes(of: Float(value), toByteOffset: index * 4, as: Float.self)
      }
    }
  }
#endif
