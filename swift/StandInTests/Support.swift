import CoreML
import StandInRuntime
import XCTest

/// A folder of its own for each test, no faults, and counts from zero.
class StandInTestCase: XCTestCase {
  private(set) var folder = URL(fileURLWithPath: "/")

  override func setUpWithError() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    Faults.ofProcess = Faults("")
    SeededRandom.seed(1)
    Ledger.reset()
  }

  override func tearDownWithError() throws {
    Faults.ofProcess = Faults("")
    try FileManager.default.removeItem(at: folder)
  }

  /// A network of test/fixtures/native.
  func network(_ name: String) -> String {
    URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("test/fixtures/native/\(name).onnx").path
  }

  /// Writes a model as one file, and what the stand-in must know of it.
  func write(_ specification: Data, _ standIn: [String: Any]) throws -> URL {
    let url = folder.appendingPathComponent("model.mlmodel")
    try specification.write(to: url)
    try JSONSerialization.data(withJSONObject: standIn)
      .write(to: folder.appendingPathComponent("model.standin.json"))
    return url
  }

  func load(
    _ specification: Data, _ standIn: [String: Any], _ units: MLComputeUnits = .cpuOnly
  ) throws -> MLModel {
    let compiled = try autoreleasepool {
      try MLModel.compileModel(at: try write(specification, standIn))
    }
    addTeardownBlock {
      try? FileManager.default.removeItem(at: compiled.deletingLastPathComponent())
    }
    let configuration = MLModelConfiguration()
    configuration.computeUnits = units
    return try MLModel(contentsOf: compiled, configuration: configuration)
  }

  /// A picture of 4 × 2 pixels whose answer is the picture itself, `[1, 3, 2, 4]`.
  func mirror(
    _ units: MLComputeUnits = .cpuOnly, color: Int = 20, type: Int = 65568,
    input: [String: Any] = [:]
  ) throws -> MLModel {
    try load(
      specification(
        inputs: [.image("image", 4, 2, color: color)],
        outputs: [.array("same", [1, 3, 2, 4], type: type)]),
      ["onnx": network("picture_f32"), "input": input], units)
  }

  /// A BGRA picture whose byte `c` of pixel (x, y) is `10 * (4 * y + x) + c`.
  func picture(hasSurface: Bool = true, width: Int = 4) throws -> CVPixelBuffer {
    let attributes: [CFString: Any] =
      hasSurface ? [kCVPixelBufferIOSurfacePropertiesKey: [:] as CFDictionary] : [:]
    var buffer: CVPixelBuffer?
    let status = CVPixelBufferCreate(
      kCFAllocatorDefault, width, 2, kCVPixelFormatType_32BGRA, attributes as CFDictionary, &buffer)
    XCTAssertEqual(status, kCVReturnSuccess)
    let picture = try XCTUnwrap(buffer)
    CVPixelBufferLockBaseAddress(picture, [])
    let base = try XCTUnwrap(CVPixelBufferGetBaseAddress(picture))
    for y in 0..<2 {
      for x in 0..<width {
        for byte in 0..<4 {
          base.storeBytes(
            of: UInt8(10 * (width * y + x) + byte),
            toByteOffset: y * CVPixelBufferGetBytesPerRow(picture) + 4 * x + byte, as: UInt8.self)
        }
      }
    }
    CVPixelBufferUnlockBaseAddress(picture, [])
    return picture
  }

  func features(_ picture: CVPixelBuffer) throws -> any MLFeatureProvider {
    try MLDictionaryFeatureProvider(dictionary: ["image": MLFeatureValue(pixelBuffer: picture)])
  }

  /// The values of an array in row-major order.
  func values(_ array: MLMultiArray?) throws -> [Float] {
    let array = try XCTUnwrap(array)
    return (0..<array.count).map { array[$0].floatValue }
  }
}

func assertThrows<Value>(
  _ expression: @autoclosure () throws -> Value, _ part: String, file: StaticString = #filePath,
  line: UInt = #line
) {
  XCTAssertThrowsError(try expression(), file: file, line: line) { error in
    XCTAssertTrue(
      error.localizedDescription.contains(part), error.localizedDescription, file: file, line: line)
  }
}
