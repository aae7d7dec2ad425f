#if canImport(CoreML)
  import CAip
  import CoreML

  /// An NMS pipeline's answer: `coordinates` `[N, 4]`, centre and size in 0–1 of the input, and
  /// `confidence` `[N, C]`, N from 0 on. It becomes the rows of an end-to-end model, `[1, N, 6]`:
  /// x1, y1, x2, y2, score, class; boxes in 0–1 of the input.
  ///
  /// Core ML pads C to a multiple of 80: only the classes the configuration counts are looked at.
  final class BoxesAnswer: CoreMlAnswer {
    let tensor: OutputTensor
    let batchSizeMax = 1
    let backings: [String: Any] = [:]

    private let coordinates: String
    private let confidence: String
    private let classCount: Int
    private var rows: AlignedBuffer
    private var boxes = FloatRoom()
    private var scores = FloatRoom()

    private static let rowLength = 6
    /// Boxes there is room for at first.
    private static let boxCountUsual = Int(AIP_DETECTION_COUNT_MAX)
    private static let boxCountMax = 1 << 20

    init(
      _ coordinates: MLFeatureDescription, _ confidence: MLFeatureDescription,
      _ config: aip_session_config
    ) throws(NativeError) {
      for output in [coordinates, confidence] where output.type != .multiArray {
        throw NativeError(AIP_STATUS_MODEL, "output \"\(output.name)\" is no array")
      }
      (self.coordinates, self.confidence) = (coordinates.name, confidence.name)
      classCount = Int(config.class_count)
      rows = AlignedBuffer(sizeBytes: Self.boxCountUsual * Self.rowLength * 4)
      guard let type = ElementType.of(dtype: UInt32(AIP_DTYPE_F32)) else {
        throw NativeError(AIP_STATUS_UNSUPPORTED, "float32 is unknown")
      }
      tensor = OutputTensor(
        name: coordinates.name, type: type, shape: [1, 0, Self.rowLength], elementCount: 0)
    }

    /// HOT: once a frame.
    func take(_ features: any MLFeatureProvider, _ place: Int) throws(NativeError) {
      let boxArray = try features.array(coordinates)
      let scoreArray = try features.array(confidence)
      let (boxShape, scoreShape) = (boxArray.sides, scoreArray.sides)
      // No box at all may come as an array of any shape without a value.
      if boxArray.count == 0 || scoreArray.count == 0 {
        guard boxArray.count == scoreArray.count else { throw unlike(boxShape, scoreShape) }
        tensor.place(at: UnsafeRawPointer(rows.address), shape: [1, 0, Self.rowLength])
        return
      }
      guard boxShape.count == 2, scoreShape.count == 2, boxShape[1] == 4,
        boxShape[0] == scoreShape[0], boxShape[0] <= Self.boxCountMax
      else { throw unlike(boxShape, scoreShape) }
      let (count, width) = (boxShape[0], scoreShape[1])
      FloatRoom.reserve(&rows, count * Self.rowLength * 4)
      let boxValues = try boxes.take(boxArray, coordinates)
      let scoreValues = try scores.take(scoreArray, confidence)
      let target = rows.address.assumingMemoryBound(to: Float.self)
      let known = classCount > 0 ? min(classCount, width) : width
      for index in 0..<count {
        let (box, row) = (boxValues + 4 * index, target + Self.rowLength * index)
        let best = largest(scoreValues + width * index, count: known)
        // What is not a number stays one, so that the frame fails instead of losing a box.
        (row[0], row[1]) = (box[0] - box[2] / 2, box[1] - box[3] / 2)
        (row[2], row[3]) = (box[0] + box[2] / 2, box[1] + box[3] / 2)
        (row[4], row[5]) = (best.index < 0 ? .nan : best.value, Float(max(best.index, 0)))
      }
      tensor.place(at: UnsafeRawPointer(rows.address), shape: [1, count, Self.rowLength])
    }

    private func unlike(_ boxes: [Int], _ scores: [Int]) -> NativeError {
      NativeError(
        AIP_STATUS_INFERENCE,
        "Outputs \"\(coordinates)\" \(describe(boxes)) and \"\(confidence)\" \(describe(scores)) "
          + "are not [N, 4] and [N, classes]")
    }
  }

  /// Room for an array's values as dense f32, which grows as it must.
  private struct FloatRoom {
    private var values = AlignedBuffer(sizeBytes: 0)
    private var halves = AlignedBuffer(sizeBytes: 0)

    mutating func take(
      _ array: MLMultiArray, _ name: String
    ) throws(NativeError) -> UnsafePointer<Float> {
      let count = array.count
      Self.reserve(&values, 4 * count)
      let target = values.address.assumingMemoryBound(to: Float.self)
      switch array.dataType {
      case .float32, .double:
        array.copyDense(to: target)
      case .float16:
        Self.reserve(&halves, 2 * count)
        array.copyDense(to: halves.address)
        convertHalf(
          halves.address.assumingMemoryBound(to: UInt16.self), to: target, count: count)
      default:
        throw NativeError(
          AIP_STATUS_INFERENCE,
          "Output \"\(name)\" is \(ArrayType.name(array.dataType)), boxes are float16, float32 or "
            + "float64")
      }
      return UnsafePointer(target)
    }

    static func reserve(_ buffer: inout AlignedBuffer, _ sizeBytes: Int) {
      if buffer.sizeBytes < sizeBytes { buffer = AlignedBuffer(sizeBytes: sizeBytes) }
    }
  }
#endif
