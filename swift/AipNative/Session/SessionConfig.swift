import CAip

/// What is wrong with a session's configuration, whatever the model; nil where nothing is.
func configurationFault(_ config: aip_session_config) -> String? {
  let sides = 1...inputSideMax
  if !sides.contains(config.input_width) || !sides.contains(config.input_height) {
    return "input size \(config.input_width)×\(config.input_height) must be 1 to \(inputSideMax)"
  }
  if config.thread_count > threadCountMax {
    return "thread count \(config.thread_count) must be 0 to \(threadCountMax)"
  }
  if !(0...1).contains(config.confidence_min) {
    return "confidence \(config.confidence_min) must be 0 to 1"
  }
  if !(0...1).contains(config.iou_max) { return "IoU \(config.iou_max) must be 0 to 1" }
  if !(1...UInt32(AIP_DETECTION_COUNT_MAX)).contains(config.detection_limit) {
    return "detection limit \(config.detection_limit) must be 1 to \(AIP_DETECTION_COUNT_MAX)"
  }
  if config.batch_size_max > AIP_BATCH_SIZE_MAX {
    return "batch size \(config.batch_size_max) must be 0 to \(AIP_BATCH_SIZE_MAX)"
  }
  if config.scores_activation > 2 {
    return "scores activation \(config.scores_activation) must be 0 to 2"
  }
  if config.input_layout > AIP_TENSOR_LAYOUT_NHWC {
    return "input layout \(config.input_layout) is unknown: known are 0 (NCHW) and 1 (NHWC)"
  }
  if config.input_letterbox > AIP_LETTERBOX_STRETCH {
    return "letterbox \(config.input_letterbox) is unknown: known are 0 to 2"
  }
  if config.input_channel_order > AIP_CHANNEL_ORDER_GRAY {
    return "channel order \(config.input_channel_order) is unknown: known are 0 to 2"
  }
  if config.input_dtype > AIP_DTYPE_U8 {
    return "input type \(config.input_dtype) is not supported: use 0 (f32), 1 (f16) or 2 (u8)"
  }
  return normalisationFault(config)
}

/// Largest side of a model's input in pixels.
let inputSideMax: UInt32 = 8192

/// Most threads inside one inference.
let threadCountMax: UInt32 = 1024

private func normalisationFault(_ config: aip_session_config) -> String? {
  let (mean, std) = (config.input_mean, config.input_std)
  let values = [
    config.input_scale, config.input_pad, mean.0, mean.1, mean.2, std.0, std.1, std.2,
  ]
  guard values.allSatisfy(\.isFinite) else {
    return "input scale, pad, mean and std must be numbers"
  }
  return [std.0, std.1, std.2].contains(0) ? "input std must not be 0" : nil
}
