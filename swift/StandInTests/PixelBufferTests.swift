import CoreVideo
import StandInRuntime
import XCTest

/// The rules of Core Video's memory.
final class PixelBufferTests: StandInTestCase {
  func testAPicturesRowsAreFarApart() throws {
    XCTAssertGreaterThan(CVPixelBufferGetBytesPerRow(try picture()), 64)
  }

  func testAnAddressWithoutTheLockIsNone() throws {
    let picture = try picture()
    XCTAssertEqual(Ledger.violations, [])
    XCTAssertNil(CVPixelBufferGetBaseAddress(picture))
    XCTAssertEqual(
      Ledger.violations, ["a pixel buffer's base address was asked for without its lock"])
  }

  func testUnlockingWhatNobodyLockedIsRecorded() throws {
    XCTAssertNotEqual(CVPixelBufferUnlockBaseAddress(try picture(), []), kCVReturnSuccess)
    XCTAssertEqual(Ledger.violations, ["a pixel buffer was unlocked that nobody had locked"])
  }

  func testMemoryOfTheCallersIsNoIOSurfaceAndIsGivenBack() throws {
    nonisolated(unsafe) var buffer: CVPixelBuffer?
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    let status = CVPixelBufferCreateWithBytes(
      nil, 4, 2, kCVPixelFormatType_32BGRA, memory, 32,
      { _, base in base.map { free(.init(mutating: $0)) } },
      nil, nil, &buffer)
    XCTAssertEqual(status, kCVReturnSuccess)
    XCTAssertNil(CVPixelBufferGetIOSurface(buffer))
    let before = Ledger.count(.livePixelBuffers)
    buffer = nil
    XCTAssertEqual(Ledger.count(.livePixelBuffers), before - 1)
  }

  func testAPoolsBuffersAreMadeOnceAndLent() throws {
    let attributes: [CFString: Any] = [
      kCVPixelBufferPixelFormatTypeKey: kCVPixelFormatType_32BGRA, kCVPixelBufferWidthKey: 4,
      kCVPixelBufferHeightKey: 2, kCVPixelBufferIOSurfacePropertiesKey: [:] as CFDictionary,
    ]
    var pool: CVPixelBufferPool?
    CVPixelBufferPoolCreate(nil, nil, attributes as CFDictionary, &pool)
    let made = try XCTUnwrap(pool)
    func address(_ buffer: CVPixelBuffer?) throws -> UnsafeMutableRawPointer? {
      let buffer = try XCTUnwrap(buffer)
      CVPixelBufferLockBaseAddress(buffer, [])
      defer { CVPixelBufferUnlockBaseAddress(buffer, []) }
      return CVPixelBufferGetBaseAddress(buffer)
    }
    var first: CVPixelBuffer?
    var second: CVPixelBuffer?
    CVPixelBufferPoolCreatePixelBuffer(nil, made, &first)
    XCTAssertNotNil(CVPixelBufferGetIOSurface(first))
    let limit = [kCVPixelBufferPoolAllocationThresholdKey: 1] as CFDictionary
    XCTAssertEqual(
      CVPixelBufferPoolCreatePixelBufferWithAuxAttributes(nil, made, limit, &second),
      kCVReturnWouldExceedAllocationThreshold)
    let place = try address(first)
    first = nil
    CVPixelBufferPoolCreatePixelBuffer(nil, made, &second)
    XCTAssertEqual(try address(second), place)
  }
}
