/// Writes JSON (RFC 8259) piece by piece.
struct JsonWriter {
  private(set) var text = ""
  private var needsComma = false

  mutating func object(_ body: (inout JsonWriter) throws -> Void) rethrows {
    try enclosed("{", "}", body)
  }

  mutating func array(_ body: (inout JsonWriter) throws -> Void) rethrows {
    try enclosed("[", "]", body)
  }

  /// The name of the value that is written next.
  mutating func key(_ name: String) {
    string(name)
    text += ":"
    needsComma = false
  }

  mutating func number(_ value: Int64) {
    separate()
    text += String(value)
    needsComma = true
  }

  /// JSON has no word for what is no number: that becomes null.
  mutating func number(_ value: Double) {
    guard value.isFinite else { return null() }
    separate()
    text += String(value)
    needsComma = true
  }

  mutating func null() {
    separate()
    text += "null"
    needsComma = true
  }

  mutating func string(_ value: String) {
    separate()
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}":
        let hex = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
    needsComma = true
  }

  private mutating func enclosed(
    _ open: String, _ close: String, _ body: (inout JsonWriter) throws -> Void
  ) rethrows {
    separate()
    text += open
    needsComma = false
    try body(&self)
    text += close
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { text += "," }
  }
}
