import CAip

/// How many pictures a model takes in one run.
struct Batch {
  /// The number it is made for; nil where it takes any.
  let fixedSize: Int?
  /// Most pictures of one run.
  let sizeMax: Int

  /// - Parameter declared: the first dimension of the model's input; negative where it is dynamic.
  init(declared: Int, _ config: aip_session_config) {
    fixedSize = declared < 0 ? nil : declared
    sizeMax = max(declared < 0 ? Int(config.batch_size_max) : declared, 1)
  }

  /// The shape of one picture's answer, from that of an output as the model declares it; nil where
  /// the answers to several pictures do not lie along the first axis.
  func frameShape(ofDeclared shape: [Int]) -> [Int]? {
    guard let count = shape.first else { return sizeMax == 1 ? shape : nil }
    if count < 0 {
      // A batch of as many as go in; a lone open axis may be anything.
      return shape.count > 1 ? [1] + shape.dropFirst() : sizeMax == 1 ? shape : nil
    }
    if sizeMax == 1 { return shape }
    return count == fixedSize ? [1] + shape.dropFirst() : nil
  }

  /// The shape of one picture's answer, from that of an output after a run of `count` pictures.
  func frameShape(ofRun shape: [Int], count: Int) -> [Int]? {
    if sizeMax == 1 { return shape }
    return shape.first == fixedSize ?? count ? [1] + shape.dropFirst() : nil
  }
}
