// As on Apple's systems: `import CoreML` brings Foundation, Core Video, and Objective-C's pools.
@_exported import CoreVideo
@_exported import Foundation

@_exported import func StandInRuntime.autoreleasepool
