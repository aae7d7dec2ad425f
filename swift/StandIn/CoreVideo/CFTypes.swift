@_exported import Foundation

// The Core Foundation types that Core Video's functions name; on Linux Foundation keeps its own
// to itself. `as CFDictionary` and `as CFString` bridge as they do on Apple's systems.
public typealias CFTypeRef = AnyObject
public typealias CFTypeID = UInt
public typealias CFDictionary = NSDictionary
public typealias CFString = NSString
public typealias CFBoolean = NSNumber
public typealias CFNumber = NSNumber
public typealias CFIndex = Int

public final class CFAllocator: @unchecked Sendable {
  fileprivate init() {}
}

public let kCFAllocatorDefault: CFAllocator! = nil
public let kCFBooleanTrue: CFBoolean! = NSNumber(value: true)
public let kCFBooleanFalse: CFBoolean! = NSNumber(value: false)

/// A four-character code.
public typealias OSType = UInt32
