import CAip

/// What a model's output means.
enum Head {
  /// Handed on as it is.
  case raw
  case boxes(any BoxHead, OverlapRule)
  case classification(ClassificationHead)

  init(_ config: aip_session_config) throws(NativeError) {
    let name = Self.names[Int(config.head)] ?? "\(config.head)"
    let frame = InputFrame(
      width: Int(config.input_width), height: Int(config.input_height),
      boxesNormalized: config.boxes_normalized != 0)
    let rule = ScoreRule(
      confidenceMin: config.confidence_min, appliesSigmoid: config.scores_activation == 1)
    let overlap: OverlapRule =
      config.class_agnostic != 0 ? .acrossClasses(config.iou_max) : .perClass(config.iou_max)
    let classCount = Int(config.class_count)
    switch Int(config.head) {
    case AIP_HEAD_RAW:
      self = .raw
      return
    case AIP_HEAD_CLASSIFICATION:
      self = .classification(
        ClassificationHead(
          classCount: classCount, confidenceMin: config.confidence_min,
          activation: [.none, .sigmoid, .softmax][Int(config.scores_activation)]))
    case AIP_HEAD_YOLOX:
      let strides = try Self.strides(config)
      self = .boxes(
        YoloxHead(frame: frame, strides: strides, classCount: classCount, rule: rule), overlap)
    case AIP_HEAD_YOLOV5:
      self = .boxes(Yolov5Head(frame: frame, classCount: classCount, rule: rule), overlap)
    case AIP_HEAD_YOLOV8:
      self = .boxes(
        Yolov8Head(
          frame: frame, classCount: classCount, transposed: config.head_transposed != 0, rule: rule),
        overlap)
    case AIP_HEAD_END_TO_END:
      self = .boxes(EndToEndHead(frame: frame, rule: rule), .allowed)
    default:
      throw .invalidArgument("head \(name) is unknown: known are 0 to 5")
    }
    if case .boxes = self, config.scores_activation == 2 {
      throw .invalidArgument(
        "head \(name) takes scores as they are or through a sigmoid, no softmax")
    }
    if config.head != AIP_HEAD_END_TO_END, !(1...classCountMax).contains(config.class_count) {
      throw .invalidArgument(
        "class count \(config.class_count) of head \(name) must be 1 to \(classCountMax)")
    }
  }

  /// Names for error messages, as manifests write them.
  static let names = [
    AIP_HEAD_RAW: "raw", AIP_HEAD_YOLOX: "yolox", AIP_HEAD_YOLOV5: "yolov5",
    AIP_HEAD_YOLOV8: "yolov8", AIP_HEAD_END_TO_END: "end-to-end",
    AIP_HEAD_CLASSIFICATION: "classification",
  ]

  private static func strides(_ config: aip_session_config) throws(NativeError) -> [Int] {
    let count = Int(config.head_level_count)
    guard (1...Int(AIP_HEAD_LEVEL_COUNT_MAX)).contains(count) else {
      throw .invalidArgument("\(count) head strides given, 1 to \(AIP_HEAD_LEVEL_COUNT_MAX) needed")
    }
    let strides = withUnsafeBytes(of: config.head_strides) {
      $0.bindMemory(to: UInt32.self).prefix(count).map { Int($0) }
    }
    for stride in strides where stride == 0 {
      throw .invalidArgument("head stride 0 must be at least 1")
    }
    return strides
  }

  /// The shapes this head reads, in words; nil where it reads every one.
  var shapeWanted: String? {
    switch self {
    case .raw: nil
    case .boxes(let head, _): head.shapeWanted
    case .classification(let head): head.shapeWanted
    }
  }

  /// Most candidates an output of this shape can give; nil where the shape does not fit.
  func candidateCount(of shape: [Int]) -> Int? {
    switch self {
    case .raw: 0
    case .boxes(let head, _): head.boxCount(of: shape)
    case .classification(let head): head.accepts(shape) ? head.classCount : nil
    }
  }
}

/// Most classes a head scores; ImageNet-21k has 21,841.
let classCountMax: UInt32 = 65536
