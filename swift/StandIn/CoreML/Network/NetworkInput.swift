import COnnxRuntime
import Foundation
import Glibc
import StandInRuntime

/// The dense tensor a network reads, filled from what Core ML was given.
final class NetworkInput {
  let shape: [Int]
  let bytes: UnsafeMutableRawBufferPointer
  private let type: ONNXTensorElementDataType
  private let count: Int

  /// - Parameter shape: without dynamic dimensions.
  init(_ tensor: OnnxNetwork.Tensor, shape: [Int]) throws {
    let width: Int
    switch tensor.type {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT: width = 4
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16: width = 2
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8: width = 1
    default:
      throw MLModelError(.io, "The stand-in gives no input of type \(tensor.type.rawValue).")
    }
    (self.shape, type, count) = (shape, tensor.type, shape.reduce(1, *))
    bytes = .allocate(byteCount: count * width, alignment: 64)
  }

  /// For a picture: its channels first, unless the network has them last.
  convenience init(
    _ tensor: OnnxNetwork.Tensor, width: Int, height: Int, channels: Int
  ) throws {
    let isChannelsLast = tensor.shape.last == channels
    try self.init(
      tensor, like: isChannelsLast ? [1, height, width, channels] : [1, channels, height, width])
  }

  /// The network's own shape, its dynamic dimensions as the model gives them.
  convenience init(_ tensor: OnnxNetwork.Tensor, like given: [Int]) throws {
    let declared = tensor.shape
    if declared.count == given.count {
      try self.init(tensor, shape: zip(declared, given).map { $0 > 0 ? $0 : $1 })
    } else {
      try self.init(tensor, shape: declared.allSatisfy { $0 > 0 } ? declared : given)
    }
  }

  deinit { bytes.deallocate() }

  private func store(_ value: Float, _ index: Int) {
    switch type {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      bytes.storeBytes(of: value, toByteOffset: 4 * index, as: Float.self)
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
      bytes.storeBytes(of: Float16(value), toByteOffset: 2 * index, as: Float16.self)
    default:
      bytes.storeBytes(
        of: UInt8(min(max(value.rounded(), 0), 255)), toByteOffset: index, as: UInt8.self)
    }
  }

  /// From an array, element by element as its strides say.
  func fill(from array: MLMultiArray) throws {
    guard array.count == count else {
      throw MLModelError(
        .generic, "The stand-in's network reads \(shape), the array has shape \(array.sides).")
    }
    guard let row = array.sides.last, row > 0 else { return }
    let step = array.steps[array.steps.count - 1]
    for start in stride(from: 0, to: count, by: row) {
      let base = array.offset(ofElement: start)
      switch array.dataType {
      case .float32: copy(array.memory.assumingMemoryBound(to: Float.self) + base, step, row, start)
      case .float16:
        copy(array.memory.assumingMemoryBound(to: Float16.self) + base, step, row, start)
      case .double:
        copy(array.memory.assumingMemoryBound(to: Double.self) + base, step, row, start)
      case .int32, .int8:
        for index in 0..<row { store(array[start + index].floatValue, start + index) }
      }
    }
  }

  private func copy<Number: BinaryFloatingPoint>(
    _ from: UnsafePointer<Number>, _ step: Int, _ count: Int, _ to: Int
  ) {
    for index in 0..<count { store(Float(from[index * step]), to + index) }
  }

  /// How a picture becomes numbers.
  struct PictureRule {
    let scale: Float
    let mean: [Float]
    let std: [Float]
    /// The byte of each channel within a BGRA pixel, in the network's order.
    let channels: [Int]

    init(_ input: StandInFile.Input?, _ color: FeatureSpec.ColorSpace) throws {
      scale = Float(input?.scale ?? 1)
      mean = (input?.mean ?? [0, 0, 0]).map { Float($0) }
      std = (input?.std ?? [1, 1, 1]).map { Float($0) }
      switch (color, input?.channels) {
      case (.gray, _), (.grayHalf, _): channels = [0]
      case (_, "rgb"), (.rgb, nil): channels = [2, 1, 0]
      case (_, "bgr"), (.bgr, nil): channels = [0, 1, 2]
      default: throw MLModelError(.io, "The stand-in's channels must be rgb or bgr.")
      }
      guard mean.count >= channels.count, std.count >= channels.count else {
        throw MLModelError(.io, "The stand-in's mean and std must have a value a channel.")
      }
    }
  }

  /// From a picture, row by row as its bytes per row say.
  func fill(from picture: CVPixelBuffer, _ rule: PictureRule) throws {
    let (width, height) = (CVPixelBufferGetWidth(picture), CVPixelBufferGetHeight(picture))
    let channels = rule.channels.count
    guard count == width * height * channels else {
      throw MLModelError(
        .generic, "The stand-in's network reads \(shape), the picture is \(width) x \(height).")
    }
    let isChannelsLast = shape.count == 4 && shape[3] == channels && shape[1] != channels
    let rowBytes = CVPixelBufferGetBytesPerRow(picture)
    let isHalf =
      CVPixelBufferGetPixelFormatType(picture) == kCVPixelFormatType_OneComponent16Half
    let pixelBytes = isHalf ? 2 : channels == 1 ? 1 : 4
    for (channel, byte) in rule.channels.enumerated() {
      let (mean, std) = (rule.mean[channel], rule.std[channel])
      for y in 0..<height {
        let row = UnsafeRawPointer(picture.pixels) + y * rowBytes
        for x in 0..<width {
          let pixel = row + x * pixelBytes
          let raw =
            isHalf
            ? Float(pixel.load(as: Float16.self))
            : Float((pixel + byte).load(as: UInt8.self))
          let place = y * width + x
          store(
            (raw * rule.scale - mean) / std,
            isChannelsLast ? place * channels + channel : channel * width * height + place)
        }
      }
    }
  }
}
