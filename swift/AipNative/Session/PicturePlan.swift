import CAip
import CAipKernels

/// The pre-processing of one place of a model's input: what it knows of the padding there holds for
/// that place alone.
final class PicturePlan {
  private let plan: OpaquePointer

  /// Bytes of the place it fills.
  let sizeBytes: Int

  init(_ options: aip_preprocess_options) throws(NativeError) {
    var options = options
    var plan: OpaquePointer?
    guard aip_preprocess_create(&options, &plan) == AIP_STATUS_OK, let plan else {
      throw NativeError(
        AIP_STATUS_OUT_OF_MEMORY,
        "Cannot prepare pictures of \(options.width)×\(options.height) pixels for the model")
    }
    self.plan = plan
    sizeBytes = Int(aip_preprocess_size_bytes(plan))
  }

  deinit { aip_preprocess_destroy(plan) }

  /// Fills the place at `target` from a slot's pixels; the caller makes sure that no run reads it.
  func fill(
    _ target: UnsafeMutableRawPointer, from slot: UnsafePointer<UInt8>
  ) throws(NativeError) -> aip_letterbox {
    var image = try slotImage(slot)
    var letterbox = aip_letterbox()
    let status = aip_preprocess_run(plan, &image, target, &letterbox)
    guard status == AIP_STATUS_OK else {
      throw NativeError(
        status == AIP_STATUS_OUT_OF_MEMORY
          ? AIP_STATUS_OUT_OF_MEMORY : AIP_STATUS_INVALID_ARGUMENT,
        "Cannot pre-process a picture of \(image.width)×\(image.height) pixels, "
          + "format \(image.pixel_format), rows \(image.stride_bytes.0) bytes apart")
    }
    return letterbox
  }
}

extension aip_preprocess_options {
  /// What a session's configuration says of its input.
  init(_ config: aip_session_config) {
    self.init()
    width = config.input_width
    height = config.input_height
    layout = config.input_layout
    channel_order = config.input_channel_order
    dtype = config.input_dtype
    scale = config.input_scale
    mean = config.input_mean
    std = config.input_std
    letterbox = config.input_letterbox
    pad = config.input_pad
    keep_padding = 1  // the place is this input's alone, and models only read it
  }
}
