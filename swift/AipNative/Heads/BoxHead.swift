/// Reads the boxes out of a model's output. A new kind of detection model is one file with one
/// implementation, named in `Head.swift`.
protocol BoxHead {
  /// The output's shape in words, for error messages: "[1, 3549, 85]".
  var shapeWanted: String { get }

  /// Boxes an output of this shape holds; nil where the shape does not fit.
  func boxCount(of shape: [Int]) -> Int?

  /// Appends every box whose score reaches the minimum, in the order of the output, in pixels of
  /// the model's input. `output` holds what `boxCount` was asked about, f32, row-major.
  func decode(
    _ output: UnsafePointer<Float>, boxCount: Int, into candidates: inout CandidateList)
}

/// Size of the model's input, and what box coordinates are multiplied by to become its pixels.
struct InputFrame {
  let width: Int
  let height: Int
  let boxScaleX: Float
  let boxScaleY: Float

  init(width: Int, height: Int, boxesNormalized: Bool) {
    (self.width, self.height) = (width, height)
    boxScaleX = boxesNormalized ? Float(width) : 1
    boxScaleY = boxesNormalized ? Float(height) : 1
  }
}
