import Foundation
import StandInRuntime

/// Recycles the memory of pixel buffers of one kind.
public final class CVPixelBufferPool: @unchecked Sendable {
  fileprivate let attributes: CFDictionary
  fileprivate let poolAttributes: CFDictionary
  private let width: Int
  private let height: Int
  private let format: OSType
  private let hasSurface: Bool
  private let isForMetal: Bool
  private let rowAlignment: Int
  private let formats: [PlaneFormat]
  /// The same for all of its buffers, as the system's pools have it.
  private let paddingBytes = randomPaddingBytes()
  private let mutex = Mutex()
  private var free: [PixelStorage] = []
  private var lentCount = 0

  fileprivate init?(poolAttributes: CFDictionary?, attributes: CFDictionary?) {
    let wanted = PixelBufferAttributes(attributes)
    guard let width = wanted.width, let height = wanted.height, width > 0, height > 0,
      let format = wanted.format, let formats = PlaneFormat.planes(of: format)
    else { return nil }
    (self.width, self.height, self.format, self.formats) = (width, height, format, formats)
    (hasSurface, rowAlignment) = (wanted.hasSurface, wanted.rowAlignment)
    isForMetal = wanted.isForMetal
    self.attributes = attributes ?? NSDictionary()
    self.poolAttributes = poolAttributes ?? NSDictionary()
    Ledger.add(.livePixelBufferPools)
  }

  deinit { Ledger.add(.livePixelBufferPools, -1) }

  /// A buffer; nil where `limit` of them are in use.
  fileprivate func lend(limit: Int?) -> CVPixelBuffer? {
    let storage: PixelStorage? = mutex.locked {
      if let limit, lentCount >= limit { return nil }
      lentCount += 1
      return free.popLast()
        ?? PixelStorage(
          formats, width: width, height: height, rowAlignment: rowAlignment,
          paddingBytes: paddingBytes, hasSurface: hasSurface, isForMetal: isForMetal)
    }
    return storage.map {
      CVBuffer($0, format: format, width: width, height: height, pool: self)
    }
  }

  func takeBack(_ storage: PixelStorage) {
    mutex.locked {
      lentCount -= 1
      free.append(storage)
    }
  }

  fileprivate func flush() { mutex.locked { free = [] } }
}

public struct CVPixelBufferPoolFlushFlags: OptionSet, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public static let excessBuffers = CVPixelBufferPoolFlushFlags(rawValue: 1)
}

@discardableResult
public func CVPixelBufferPoolCreate(
  _ allocator: CFAllocator?, _ poolAttributes: CFDictionary?,
  _ pixelBufferAttributes: CFDictionary?,
  _ poolOut: UnsafeMutablePointer<CVPixelBufferPool?>
) -> CVReturn {
  let pool = CVPixelBufferPool(poolAttributes: poolAttributes, attributes: pixelBufferAttributes)
  guard let pool else { return kCVReturnInvalidPixelBufferAttributes }
  poolOut.pointee = pool
  return kCVReturnSuccess
}

@discardableResult
public func CVPixelBufferPoolCreatePixelBuffer(
  _ allocator: CFAllocator?, _ pixelBufferPool: CVPixelBufferPool,
  _ pixelBufferOut: UnsafeMutablePointer<CVPixelBuffer?>
) -> CVReturn {
  pixelBufferOut.pointee = pixelBufferPool.lend(limit: nil)
  return kCVReturnSuccess
}

@discardableResult
public func CVPixelBufferPoolCreatePixelBufferWithAuxAttributes(
  _ allocator: CFAllocator?, _ pixelBufferPool: CVPixelBufferPool,
  _ auxAttributes: CFDictionary?, _ pixelBufferOut: UnsafeMutablePointer<CVPixelBuffer?>
) -> CVReturn {
  let limit = auxAttributes?[kCVPixelBufferPoolAllocationThresholdKey] as? NSNumber
  guard let buffer = pixelBufferPool.lend(limit: limit?.intValue) else {
    return kCVReturnWouldExceedAllocationThreshold
  }
  pixelBufferOut.pointee = buffer
  return kCVReturnSuccess
}

public func CVPixelBufferPoolFlush(
  _ pool: CVPixelBufferPool, _ options: CVPixelBufferPoolFlushFlags
) {
  pool.flush()
}

public func CVPixelBufferPoolGetAttributes(_ pool: CVPixelBufferPool) -> CFDictionary? {
  pool.poolAttributes
}

public func CVPixelBufferPoolGetPixelBufferAttributes(
  _ pool: CVPixelBufferPool
) -> CFDictionary? {
  pool.attributes
}
