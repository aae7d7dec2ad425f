import Foundation
import StandInRuntime

extension MLMultiArray {
  private var spannedBytes: Int { spannedCount(sides, steps) * dataType.sizeBytes }

  /// Holds the pixel buffer's lock while `body` reads or writes.
  private func access<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let pixelBuffer else { return try body() }
    CVPixelBufferLockBaseAddress(pixelBuffer, [])
    defer { CVPixelBufferUnlockBaseAddress(pixelBuffer, []) }
    return try body()
  }

  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try access { try body(UnsafeRawBufferPointer(start: memory, count: spannedBytes)) }
  }

  /// `body` gets the bytes and the strides they have, in elements.
  public func withUnsafeMutableBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer, [Int]) throws -> R
  ) rethrows -> R {
    try access {
      try body(UnsafeMutableRawBufferPointer(start: memory, count: spannedBytes), steps)
    }
  }

  public func withUnsafeBufferPointer<S, R>(
    ofType: S.Type, _ body: (UnsafeBufferPointer<S>) throws -> R
  ) rethrows -> R {
    try withUnsafeBytes { try body($0.bindMemory(to: S.self)) }
  }

  public func withUnsafeMutableBufferPointer<S, R>(
    ofType: S.Type, _ body: (UnsafeMutableBufferPointer<S>, [Int]) throws -> R
  ) rethrows -> R {
    try withUnsafeMutableBytes { try body($0.bindMemory(to: S.self), $1) }
  }

  /// The element at a place in row-major order.
  public subscript(index: Int) -> NSNumber {
    get {
      number(at: offset(ofElement: index))
    }
    set {
      set(newValue, at: offset(ofElement: index))
    }
  }

  public subscript(key: [NSNumber]) -> NSNumber {
    get { number(at: offset(of: key)) }
    set { set(newValue, at: offset(of: key)) }
  }

  private func offset(of key: [NSNumber]) -> Int {
    precondition(key.count == sides.count, "Core ML stand-in: index of another rank")
    return zip(key, steps).reduce(0) { $0 + $1.0.intValue * $1.1 }
  }

  /// Offset of the element at a place in row-major order.
  package func offset(ofElement index: Int) -> Int {
    precondition(index >= 0 && index < count, "Core ML stand-in: index \(index) is out of range")
    var (rest, offset) = (index, 0)
    for axis in sides.indices.reversed() {
      offset += rest % sides[axis] * steps[axis]
      rest /= sides[axis]
    }
    return offset
  }

  private func number(at offset: Int) -> NSNumber {
    switch dataType {
    case .double: NSNumber(value: memory.assumingMemoryBound(to: Double.self)[offset])
    case .float32: NSNumber(value: memory.assumingMemoryBound(to: Float.self)[offset])
    case .float16: NSNumber(value: Float(memory.assumingMemoryBound(to: Float16.self)[offset]))
    case .int32: NSNumber(value: memory.assumingMemoryBound(to: Int32.self)[offset])
    case .int8: NSNumber(value: memory.assumingMemoryBound(to: Int8.self)[offset])
    }
  }

  private func set(_ number: NSNumber, at offset: Int) {
    switch dataType {
    case .double: memory.assumingMemoryBound(to: Double.self)[offset] = number.doubleValue
    case .float32: memory.assumingMemoryBound(to: Float.self)[offset] = number.floatValue
    case .float16:
      memory.assumingMemoryBound(to: Float16.self)[offset] = Float16(number.floatValue)
    case .int32: memory.assumingMemoryBound(to: Int32.self)[offset] = number.int32Value
    case .int8: memory.assumingMemoryBound(to: Int8.self)[offset] = number.int8Value
    }
  }
}
