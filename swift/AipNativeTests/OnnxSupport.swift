import CAip
import XCTest

/// Path of a model made by scripts/gen-onnx-fixtures.py.
func fixture(_ name: String) -> String {
  checkout.appendingPathComponent("test/fixtures/native/\(name).onnx").path
}

private let checkout = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Loads ONNX Runtime as the package does, or skips the test, saying so.
func requireOnnxRuntime() throws {
  let path = try onnxRuntimePath()
  XCTAssertEqual(aip_onnx_load(path), Int32(AIP_STATUS_OK), lastErrorText())
}

func onnxRuntimePath() throws -> String {
  if let path = ProcessInfo.processInfo.environment["AIP_ONNXRUNTIME"], !path.isEmpty {
    return path
  }
  #if os(macOS)
    let (system, file) = ("darwin", "libonnxruntime.1.dylib")
  #else
    let (system, file) = ("linux", "libonnxruntime.so.1")
  #endif
  #if arch(arm64)
    let processor = "arm64"
  #else
    let processor = "x64"
  #endif
  let folder = "node_modules/onnxruntime-node/bin/napi-v6/\(system)/\(processor)"
  let path = checkout.appendingPathComponent("\(folder)/\(file)").path
  guard FileManager.default.fileExists(atPath: path) else {
    throw XCTSkip("ONNX Runtime is missing: run \"bun install\", or set AIP_ONNXRUNTIME")
  }
  return path
}

/// A session for a model of the fixtures, by way of the C ABI.
func openSession(
  _ model: String, _ config: aip_session_config, options: String? = nil
) throws -> OpaquePointer {
  var config = config
  var handle: OpaquePointer?
  let status = aip_session_create(fixture(model), nil, 0, &config, options, &handle)
  guard status == AIP_STATUS_OK, let handle else {
    throw SessionError(status: status, message: lastErrorText())
  }
  return handle
}

/// A session with the slot and the result block of a frame.
final class SessionUnderTest: FrameUnderTest {
  private let handle: OpaquePointer

  init(_ model: String, _ config: aip_session_config, options: String? = nil) throws {
    handle = try openSession(model, config, options: options)
    super.init()
  }

  deinit { aip_session_destroy(handle) }

  var payloadBytes: UInt32 {
    var size: UInt32 = 0
    XCTAssertEqual(aip_session_payload_bytes(handle, &size), Int32(AIP_STATUS_OK))
    return size
  }

  func run() -> Int32 { aip_session_run(handle, slot, block) }
}

/// A slot and a result block.
class FrameUnderTest {
  let slot: UnsafeMutablePointer<UInt8>
  let block: UnsafeMutablePointer<UInt8>
  private static let slotBytes = 4096
  private static let payloadOffset = 128 + 300 * 32

  init() {
    slot = .allocate(capacity: Self.slotBytes)
    slot.initialize(repeating: 0, count: Self.slotBytes)
    block = .allocate(capacity: Self.payloadOffset + 1024)
    block.initialize(repeating: 0xAA, count: Self.payloadOffset + 1024)
    descriptor.pointee.payload_capacity_bytes = 1024
  }

  deinit {
    slot.deallocate()
    block.deallocate()
  }

  var descriptor: UnsafeMutablePointer<aip_result_descriptor> {
    UnsafeMutableRawPointer(block).assumingMemoryBound(to: aip_result_descriptor.self)
  }

  var header: UnsafeMutablePointer<aip_slot_header> {
    UnsafeMutableRawPointer(slot).assumingMemoryBound(to: aip_slot_header.self)
  }

  var detections: [aip_detection] {
    let first = UnsafeRawPointer(block + 128).assumingMemoryBound(to: aip_detection.self)
    return Array(UnsafeBufferPointer(start: first, count: Int(descriptor.pointee.detection_count)))
  }

  /// Why the frame of a batch failed.
  var message: String {
    let count = Int(descriptor.pointee.payload_bytes)
    let text = UnsafeBufferPointer(start: block + 128, count: count)
    return String(decoding: text, as: UTF8.self)
  }

  func payload<Element>(_ type: Element.Type) -> [Element] {
    let first = UnsafeRawPointer(block + Self.payloadOffset).assumingMemoryBound(to: type)
    let count = Int(descriptor.pointee.payload_bytes) / MemoryLayout<Element>.stride
    return Array(UnsafeBufferPointer(start: first, count: count))
  }

  /// Puts an RGB picture into the slot: three bytes a pixel, rows without a gap.
  func setPicture(width: Int, height: Int, _ pixels: [UInt8]) {
    header.pointee.pixel_format = UInt32(AIP_PIXEL_FORMAT_RGB24)
    header.pointee.width = UInt32(width)
    header.pointee.height = UInt32(height)
    header.pointee.plane_offset_bytes.0 = 128
    header.pointee.plane_stride_bytes.0 = UInt32(3 * width)
    header.pointee.slot_bytes = UInt32(Self.slotBytes)
    (slot + 128).update(from: pixels, count: pixels.count)
  }
}

struct SessionError: Error {
  let status: Int32
  let message: String
}

/// A configuration for pictures of `width` × `height` handed to the model as they are, in RGB.
func sessionConfig(
  width: UInt32, height: UInt32, head: Int = AIP_HEAD_RAW, output: UInt32 = 0
) -> aip_session_config {
  var config = aip_session_config()
  config.thread_count = 1
  config.input_width = width
  config.input_height = height
  config.input_scale = 1
  config.input_std = (1, 1, 1)
  config.input_letterbox = UInt32(AIP_LETTERBOX_STRETCH)
  config.head = UInt32(head)
  config.output_index = output
  config.class_count = 2
  config.head_level_count = 3
  config.head_strides = (8, 16, 32, 0, 0, 0, 0, 0)
  config.confidence_min = 0.25
  config.iou_max = 0.45
  config.detection_limit = 300
  return config
}
