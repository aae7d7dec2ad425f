import CAip
import CAipKernels

/// Where a source picture stands in the model's input, and how large it is: the way back from the
/// input's pixels to the source's.
struct Placement {
  let scaleX: Float
  let scaleY: Float
  let padX: Float
  let padY: Float
  let width: Float
  let height: Float

  init(_ letterbox: aip_letterbox, width: UInt32, height: UInt32) {
    (scaleX, scaleY) = (letterbox.scale_x, letterbox.scale_y)
    (padX, padY) = (letterbox.pad_x, letterbox.pad_y)
    (self.width, self.height) = (Float(width), Float(height))
  }

  /// A picture that is its own input.
  init(width: Float, height: Float) {
    (scaleX, scaleY, padX, padY) = (1, 1, 0, 0)
    (self.width, self.height) = (width, height)
  }

  /// The box in source pixels, clipped to the picture; nil where it lies outside.
  func detection(_ box: Candidate) -> aip_detection? {
    var detection = aip_detection()
    detection.x1 = clip((box.x1 - padX) / scaleX, width)
    detection.y1 = clip((box.y1 - padY) / scaleY, height)
    detection.x2 = clip((box.x2 - padX) / scaleX, width)
    detection.y2 = clip((box.y2 - padY) / scaleY, height)
    guard detection.x2 > detection.x1, detection.y2 > detection.y1 else { return nil }
    detection.confidence = box.confidence
    detection.class_id = box.classID
    detection.track_id = -1
    return detection
  }

  private func clip(_ value: Float, _ limit: Float) -> Float { min(max(value, 0), limit) }
}
