import Foundation

/// One field of a protobuf message.
struct ProtobufField {
  let number: Int
  /// The value of a varint or a fixed-width field.
  let value: UInt64
  /// The bytes of a length-delimited field.
  let bytes: ArraySlice<UInt8>

  var text: String { String(decoding: bytes, as: UTF8.self) }
  var integer: Int { Int(truncatingIfNeeded: value) }
}

/// Reads the fields of a protobuf message in their order (the encoding is documented at
/// protobuf.dev/programming-guides/encoding).
struct ProtobufReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// - Throws: where the bytes are no message.
  static func fields(_ bytes: ArraySlice<UInt8>) throws -> [ProtobufField] {
    var (reader, fields) = (ProtobufReader(bytes), [ProtobufField]())
    while let field = try reader.next() { fields.append(field) }
    return fields
  }

  private mutating func next() throws -> ProtobufField? {
    guard !rest.isEmpty else { return nil }
    let key = try varint()
    let number = Int(key >> 3)
    switch key & 7 {
    case 0: return ProtobufField(number: number, value: try varint(), bytes: [])
    case 1: return ProtobufField(number: number, value: try fixed(8), bytes: [])
    case 2:
      let count = try varint()
      guard count <= rest.count else { throw Self.broken }
      return ProtobufField(number: number, value: 0, bytes: take(Int(count)))
    case 5: return ProtobufField(number: number, value: try fixed(4), bytes: [])
    default: throw Self.broken
    }
  }

  private mutating func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard let byte = rest.popFirst() else { throw Self.broken }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw Self.broken
  }

  private mutating func fixed(_ width: Int) throws -> UInt64 {
    guard rest.count >= width else { throw Self.broken }
    return take(width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  static var broken: MLModelError {
    MLModelError(.io, "Unable to deserialize the model: its specification is damaged.")
  }

  /// The numbers of a repeated integer field, packed or not.
  static func integers(_ fields: [ProtobufField], _ number: Int) throws -> [Int] {
    var integers: [Int] = []
    for field in fields where field.number == number {
      if field.bytes.isEmpty {
        integers.append(field.integer)
        continue
      }
      var reader = ProtobufReader(field.bytes)
      while !reader.rest.isEmpty { integers.append(Int(truncatingIfNeeded: try reader.varint())) }
    }
    return integers
  }

  /// A map of texts to messages, in its order.
  static func entries(
    _ fields: [ProtobufField], _ number: Int
  ) throws -> [(key: String, value: ProtobufField)] {
    try fields.filter { $0.number == number }.compactMap { field in
      let entry = try Self.fields(field.bytes)
      guard let value = entry.first(where: { $0.number == 2 }) else { return nil }
      return (entry.first { $0.number == 1 }?.text ?? "", value)
    }
  }
}
