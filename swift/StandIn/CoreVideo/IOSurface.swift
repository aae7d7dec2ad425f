import Foundation

/// Memory that every compute unit can read. The stand-in only says whether a buffer has one.
public final class IOSurfaceRef: @unchecked Sendable {
  init() {}
}

/// The surface behind a pixel buffer; nil where its pixels lie in ordinary memory.
public func CVPixelBufferGetIOSurface(
  _ pixelBuffer: CVPixelBuffer?
) -> Unmanaged<IOSurfaceRef>? {
  pixelBuffer?.storage.surface.map { Unmanaged.passUnretained($0) }
}
