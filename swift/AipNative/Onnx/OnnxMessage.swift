/// Turns ONNX Runtime's error texts into the part that says something.
enum OnnxMessage {
  /// Longer reasons are cut here.
  static let lengthMax = 300

  /// What stands in front of the reason, most telling last. Such as: "Load model from m.onnx
  /// failed:", "[ONNXRuntimeError] : 1 : FAIL : ",
  /// "… running Conv node. Name:'c' Status Message: ", "… In Node, ("c", Conv, "", -1) : … , Error ".
  private static let introductions = [
    "failed:", "[ONNXRuntimeError] : ", "Status Message: ", " , Error ",
  ]

  static func shorten(_ text: String) -> String {
    if let fault = onnxFault(text) { return fault }
    var reason = firstLine(text[...])
    for introduction in introductions {
      if let end = endOfLast(introduction, in: reason) { reason = reason[end...] }
    }
    reason = trimmed(withoutSourcePlace(withoutStatusName(reason)))
    // From bytes: "Failed to load model because protobuf parsing failed".
    let isNoProtobuf = reason.lowercased().hasSuffix("protobuf parsing failed")
    let hasNoGraph =
      reason == "ModelProto does not have a graph" || reason == "No graph was found in the protobuf"
    if isNoProtobuf || hasNoGraph {
      return "it is no ONNX model, or a damaged one (\(reason))"
    }
    if reason.isEmpty { reason = trimmed(firstLine(text[...])) }
    return reason.count > lengthMax ? String(reason.prefix(lengthMax)) + "…" : String(reason)
  }

  private static func firstLine(_ text: Substring) -> Substring {
    text.drop { $0.isNewline }.prefix { !$0.isNewline }
  }

  private static func endOfLast(_ pattern: String, in text: Substring) -> Substring.Index? {
    var start = text.startIndex
    var end: Substring.Index?
    while start < text.endIndex {
      if text[start...].hasPrefix(pattern) { end = text.index(start, offsetBy: pattern.count) }
      start = text.index(after: start)
    }
    return end
  }

  /// "1 : FAIL : reason" becomes "reason".
  private static func withoutStatusName(_ text: Substring) -> Substring {
    guard text.first?.isNumber == true, let end = endOfLast(" : ", in: text.prefix(40)) else {
      return text
    }
    return text[end...]
  }

  /// "/src/core/graph/model.cc:178 onnxruntime::Model::Model(…) reason": the reason stands behind
  /// the function's closing bracket.
  private static func withoutSourcePlace(_ text: Substring) -> Substring {
    let isPlace = [".cc:", ".h:"].contains { endOfLast($0, in: text.prefix(200)) != nil }
    guard text.first == "/", isPlace else { return text }
    var depth = 0
    for index in text.indices {
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" {
        depth -= 1
        if depth == 0 { return text[text.index(after: index)...] }
      }
    }
    return text
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == ":" }
    while let last = text.last, last == "." || last == " " || last == "!" { text.removeLast() }
    return text
  }
}
