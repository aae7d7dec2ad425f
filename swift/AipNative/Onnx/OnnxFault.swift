/// What ONNX Runtime's longer error texts mean, in a sentence about the model; nil where the text is
/// of another kind.
func onnxFault(_ text: String) -> String? {
  newerOpset(text) ?? newerFormat(text) ?? unknownOperator(text) ?? unregisteredOperator(text)
    ?? shortWeights(text)
}

/// "… Opset 99 is under development … support for domain ai.onnx is till opset 26."
private func newerOpset(_ text: String) -> String? {
  guard let opset = part(of: text, after: " Opset ", before: " is under development"),
    let domain = part(of: text, after: "support for domain ", before: " is till opset "),
    let known = part(of: text, after: " is till opset ", before: ".")
  else { return nil }
  return "it is of opset \(opset) of \(domain), newer than this ONNX Runtime reads: up to \(known)"
}

/// "… Unsupported model IR version: 99, max supported IR version: 13"
private func newerFormat(_ text: String) -> String? {
  guard let version = part(of: text, after: "Unsupported model IR version: ", before: ","),
    let known = part(of: text, after: "max supported IR version: ", before: "\n")
  else { return nil }
  return "it is of IR version \(version), newer than this ONNX Runtime reads: up to \(known)"
}

/// "… No Op registered for Foo with domain_version of 17"
private func unknownOperator(_ text: String) -> String? {
  let of = " with domain_version of "
  guard let name = part(of: text, after: "No Op registered for ", before: of),
    let version = part(of: text, after: of, before: "\n")
  else { return nil }
  return "operator \"\(name)\" is unknown in opset \(version)"
}

/// "Fatal error: com.acme:Foo(-1) is not a registered function/op"
private func unregisteredOperator(_ text: String) -> String? {
  guard let name = part(of: text, after: "Fatal error: ", before: "(-1) is not a registered") else {
    return nil
  }
  return "operator \"\(name)\" is unknown"
}

/// "… offset: 0 size to read: 576 given file_length: 3 are out of bounds …"
private func shortWeights(_ text: String) -> String? {
  guard let offset = part(of: text, after: " offset: ", before: " size to read: "),
    let size = part(of: text, after: " size to read: ", before: " given file_length: "),
    let length = part(of: text, after: " given file_length: ", before: " are out of bounds")
  else { return nil }
  return "a file of weights is cut short: "
    + "\(size) bytes from \(offset) on are wanted, it has \(length)"
}

/// What stands between two texts, or up to the end where the second one does not follow and is a
/// line's or a sentence's end.
private func part(of text: String, after start: String, before end: String) -> Substring? {
  guard let from = index(after: start, in: text[...]) else { return nil }
  let rest = text[from...]
  var at = rest.startIndex
  while at < rest.endIndex {
    if rest[at...].hasPrefix(end) { return rest[..<at] }
    at = rest.index(after: at)
  }
  return end == "\n" || end == "." ? rest : nil
}

private func index(after pattern: String, in text: Substring) -> Substring.Index? {
  var at = text.startIndex
  while at < text.endIndex {
    if text[at...].hasPrefix(pattern) { return text.index(at, offsetBy: pattern.count) }
    at = text.index(after: at)
  }
  return nil
}
