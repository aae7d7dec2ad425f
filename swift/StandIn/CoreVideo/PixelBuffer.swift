import Foundation
import StandInRuntime

/// A picture in memory. As on Apple's systems its address is for those who hold its lock.
public final class CVBuffer: Hashable, @unchecked Sendable {
  let storage: PixelStorage
  let format: OSType
  let width: Int
  let height: Int
  private let pool: CVPixelBufferPool?
  private let mutex = Mutex()
  private var lockCount = 0

  init(_ storage: PixelStorage, format: OSType, width: Int, height: Int, pool: CVPixelBufferPool?) {
    (self.storage, self.format, self.width, self.height) = (storage, format, width, height)
    self.pool = pool
    Ledger.add(.livePixelBuffers)
    Ledger.add(.pixelBuffersMade)
  }

  deinit {
    Ledger.add(.livePixelBuffers, -1)
    pool?.takeBack(storage)
  }

  package var isLocked: Bool { mutex.locked { lockCount > 0 } }

  func lock() { mutex.locked { lockCount += 1 } }

  /// False where nobody holds the lock.
  func unlock() -> Bool {
    mutex.locked {
      guard lockCount > 0 else { return false }
      lockCount -= 1
      return true
    }
  }

  /// The address for a client, who must hold the lock.
  func address(plane: Int) -> UnsafeMutableRawPointer? {
    guard isLocked else {
      Ledger.violation("a pixel buffer's base address was asked for without its lock")
      return nil
    }
    return storage.planes.indices.contains(plane)
      ? storage.base + storage.planes[plane].offset : nil
  }

  /// The address of the pixels for Core ML itself, which needs no lock.
  package var pixels: UnsafeMutableRawPointer { storage.base }

  package var hasSurface: Bool { storage.surface != nil }
  package var isForMetal: Bool { storage.isForMetal }

  public static func == (left: CVBuffer, right: CVBuffer) -> Bool { left === right }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

public typealias CVImageBuffer = CVBuffer
public typealias CVPixelBuffer = CVImageBuffer

public struct CVPixelBufferLockFlags: OptionSet, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public static let readOnly = CVPixelBufferLockFlags(rawValue: 1)
}

@discardableResult
public func CVPixelBufferLockBaseAddress(
  _ pixelBuffer: CVPixelBuffer, _ lockFlags: CVPixelBufferLockFlags
) -> CVReturn {
  pixelBuffer.lock()
  return kCVReturnSuccess
}

@discardableResult
public func CVPixelBufferUnlockBaseAddress(
  _ pixelBuffer: CVPixelBuffer, _ unlockFlags: CVPixelBufferLockFlags
) -> CVReturn {
  guard pixelBuffer.unlock() else {
    Ledger.violation("a pixel buffer was unlocked that nobody had locked")
    return kCVReturnError
  }
  return kCVReturnSuccess
}

public func CVPixelBufferGetBaseAddress(_ pixelBuffer: CVPixelBuffer) -> UnsafeMutableRawPointer? {
  pixelBuffer.address(plane: 0)
}

public func CVPixelBufferGetBaseAddressOfPlane(
  _ pixelBuffer: CVPixelBuffer, _ planeIndex: Int
) -> UnsafeMutableRawPointer? {
  pixelBuffer.address(plane: planeIndex)
}

public func CVPixelBufferGetWidth(_ pixelBuffer: CVPixelBuffer) -> Int { pixelBuffer.width }

public func CVPixelBufferGetHeight(_ pixelBuffer: CVPixelBuffer) -> Int { pixelBuffer.height }

public func CVPixelBufferGetBytesPerRow(_ pixelBuffer: CVPixelBuffer) -> Int {
  pixelBuffer.storage.planes[0].bytesPerRow
}

public func CVPixelBufferGetDataSize(_ pixelBuffer: CVPixelBuffer) -> Int {
  pixelBuffer.storage.sizeBytes
}

public func CVPixelBufferGetPixelFormatType(_ pixelBuffer: CVPixelBuffer) -> OSType {
  pixelBuffer.format
}

public func CVPixelBufferIsPlanar(_ pixelBuffer: CVPixelBuffer) -> Bool {
  pixelBuffer.storage.planes.count > 1
}

/// The number of planes; 0 where the buffer is not planar.
public func CVPixelBufferGetPlaneCount(_ pixelBuffer: CVPixelBuffer) -> Int {
  CVPixelBufferIsPlanar(pixelBuffer) ? pixelBuffer.storage.planes.count : 0
}

public func CVPixelBufferGetWidthOfPlane(_ pixelBuffer: CVPixelBuffer, _ planeIndex: Int) -> Int {
  pixelBuffer.storage.planes[planeIndex].width
}

public func CVPixelBufferGetHeightOfPlane(_ pixelBuffer: CVPixelBuffer, _ planeIndex: Int) -> Int {
  pixelBuffer.storage.planes[planeIndex].height
}

public func CVPixelBufferGetBytesPerRowOfPlane(
  _ pixelBuffer: CVPixelBuffer, _ planeIndex: Int
) -> Int {
  pixelBuffer.storage.planes[planeIndex].bytesPerRow
}

private let typeID: CFTypeID = 0x4356_5042

public func CVPixelBufferGetTypeID() -> CFTypeID { typeID }
