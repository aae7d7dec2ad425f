#if canImport(CoreML)
  import CAip
  import CoreML

  /// One multi-array, as most models give it. Core ML is offered a surface for halves, and memory of
  /// our own for other types; what it has not written to our memory is copied there.
  final class ArrayAnswer: CoreMlAnswer {
    private(set) var tensor: OutputTensor
    let batchSizeMax: Int
    private(set) var backings: [String: Any] = [:]

    /// Answers of the declared shape.
    private let buffer: AlignedBuffer
    private let shape: [Int]
    /// Core ML's output is this very object where it has written to our memory.
    private let backing: MLMultiArray?
    /// Core ML's output is its array where it has written to the surface.
    private let surface: HalfSurface?
    /// Answers of other shapes: Core ML may write to the backing whenever it is asked.
    private var other = AlignedBuffer(sizeBytes: 0)

    /// - Throws: where no head can read such an output.
    init(_ output: MLFeatureDescription, _ config: aip_session_config) throws(NativeError) {
      guard let constraint = output.multiArrayConstraint else {
        throw NativeError(AIP_STATUS_MODEL, "output \"\(output.name)\" is no array")
      }
      guard let type = ArrayType.element(constraint.dataType) else {
        let name = ArrayType.name(constraint.dataType)
        throw NativeError(
          AIP_STATUS_MODEL,
          "output \"\(output.name)\" is \(name), known are float16, float32, float64 and int32")
      }
      // No dimensions, or a 0 among them: only a prediction tells.
      let shape = constraint.shape.map(\.intValue)
      let isKnown = !shape.isEmpty && shape.allSatisfy { $0 > 0 }
      let count =
        isKnown
        ? try OutputTensor.elementCount(
          shape, type, output.name, "the model", AIP_STATUS_MODEL) : 0
      batchSizeMax = isKnown ? max(Int(config.batch_size_max), 1) : 1
      self.shape = isKnown ? shape : []
      tensor = OutputTensor(
        name: output.name, type: type, shape: self.shape, elementCount: count)
      buffer = AlignedBuffer(
        sizeBytes: batchSizeMax * count * type.sizeBytes, alignment: AlignedBuffer.pageBytes)
      tensor.place(at: UnsafeRawPointer(buffer.address))
      surface = isKnown && constraint.dataType == .float16 ? HalfSurface(shape) : nil
      // A double would have to be narrowed behind Core ML's back.
      if let surface {
        backing = nil
        backings = [output.name: surface.array]
      } else if isKnown, constraint.dataType != .double {
        let array = try multiArray(over: buffer, shape, constraint.dataType)
        backing = array
        backings = [output.name: array]
      } else {
        backing = nil
      }
    }

    /// HOT: once a frame.
    func take(_ features: any MLFeatureProvider, _ place: Int) throws(NativeError) {
      let array = try features.array(tensor.name)
      if array === backing {
        // The answer before may have had another shape.
        if tensor.shape != shape { use(shape, in: buffer) }
        return
      }
      guard ArrayType.element(array.dataType)?.dtype == tensor.type.dtype else {
        throw NativeError(
          AIP_STATUS_INFERENCE,
          "Output \"\(tensor.name)\" has changed to \(ArrayType.name(array.dataType)), it was "
            + tensor.type.name)
      }
      let sides = array.sides
      if sides != tensor.shape { try reshape(sides) }
      let room = sides == shape ? buffer : other
      let target = room.address + place * tensor.elementCount * tensor.type.sizeBytes
      if let surface, array === surface.array {
        try surface.copyDense(to: target)
      } else {
        array.copyDense(to: target)
      }
    }

    /// A model may answer with as many values as it likes where it answers one frame a call.
    private func reshape(_ sides: [Int]) throws(NativeError) {
      if sides == shape { return use(sides, in: buffer) }
      guard batchSizeMax == 1 else {
        throw NativeError(
          AIP_STATUS_INFERENCE,
          "Output \"\(tensor.name)\" has changed to shape \(describe(sides)), it was "
            + describe(tensor.shape))
      }
      let count = try OutputTensor.elementCount(
        sides, tensor.type, tensor.name, "The inference failed", AIP_STATUS_INFERENCE)
      let sizeBytes = count * tensor.type.sizeBytes
      if sizeBytes > other.sizeBytes {
        other = AlignedBuffer(sizeBytes: sizeBytes, alignment: AlignedBuffer.pageBytes)
      }
      use(sides, in: other)
    }

    private func use(_ sides: [Int], in room: AlignedBuffer) {
      tensor.place(at: UnsafeRawPointer(room.address), shape: sides)
    }
  }
#endif
