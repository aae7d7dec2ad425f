import CoreML
import StandInRuntime
import XCTest

/// Every rule trips where it is broken, and only there.
final class StrictnessTests: StandInTestCase {
  func testAnAnswersRowsAreFarApartAndTheGapsHoldNaN() throws {
    let model = try mirror(.cpuAndNeuralEngine)
    try autoreleasepool {
      let answer = try model.prediction(from: features(picture()))
      let array = try XCTUnwrap(answer.featureValue(for: "same")?.multiArrayValue)
      let row = array.strides[2].intValue
      XCTAssertGreaterThanOrEqual(row, 16)
      array.withUnsafeBufferPointer(ofType: Float.self) { floats in
        XCTAssertTrue(floats[4].isNaN, "what stands behind a row of 4 must not look like a value")
        XCTAssertEqual(floats[row], array[4].floatValue)
      }
    }
  }

  func testPredictingOnALockedPictureIsRecorded() throws {
    let (model, picture) = (try mirror(), try picture())
    CVPixelBufferLockBaseAddress(picture, [])
    try autoreleasepool { _ = try model.prediction(from: features(picture)) }
    XCTAssertEqual(
      Ledger.violations, ["a prediction was given the locked pixel buffer of feature image"])
  }

  func testAPictureWithoutAnIOSurfaceIsCounted() throws {
    let model = try mirror()
    try autoreleasepool { _ = try model.prediction(from: features(picture())) }
    XCTAssertEqual(Ledger.count(.buffersWithoutIOSurface), 0)
    try autoreleasepool { _ = try model.prediction(from: features(picture(hasSurface: false))) }
    XCTAssertEqual(Ledger.count(.buffersWithoutIOSurface), 1)
  }

  func testObjectsOutsideAnAutoreleasePoolAreCountedAndRunOut() throws {
    let (model, picture) = (try mirror(), try picture())
    let (failed, counted) = onThread {
      // On a thread of its own: what no pool takes stays until the thread ends.
      var failures = 0
      for _ in 0..<500 {
        guard let features = try? self.features(picture) else { continue }
        if (try? model.prediction(from: features)) == nil { failures += 1 }
      }
      return (failures, Ledger.count(.objectsOutsidePool))
    }
    XCTAssertGreaterThan(counted, 1000)
    XCTAssertGreaterThan(failed, 0, "IOSurfaces do not last for ever")
  }

  func testNothingStaysBehindInsideAnAutoreleasePool() throws {
    let (model, picture) = (try mirror(), try picture())
    let before = [Counter.liveFeatureValues, .liveMultiArrays].map(Ledger.count)
    for _ in 0..<2000 {
      try autoreleasepool { _ = try model.prediction(from: features(picture)) }
    }
    XCTAssertEqual([Counter.liveFeatureValues, .liveMultiArrays].map(Ledger.count), before)
    XCTAssertEqual(Ledger.count(.objectsOutsidePool), 0)
  }

  func testASecondThreadIsRefusedAndRecorded() throws {
    let (model, picture) = (try mirror(), try picture())
    // Long enough for the second thread to come meanwhile on any machine.
    Faults.ofProcess = Faults("predict-ms=3000")
    let slow = try mirror()
    nonisolated(unsafe) var outcomes: [String] = []
    let mutex = Mutex()
    let threads = (0..<2).map { _ in
      startThread {
        autoreleasepool {
          let outcome: String
          do {
            _ = try slow.prediction(from: self.features(picture))
            outcome = "answered"
          } catch { outcome = error.localizedDescription }
          mutex.locked { outcomes.append(outcome) }
        }
      }
    }
    for thread in threads { thread.wait() }
    XCTAssertEqual(Set(outcomes), ["answered", "The model is being used by another thread."])
    XCTAssertEqual(Ledger.violations, ["one MLModel was entered by two threads at once"])
    withExtendedLifetime(model) {}
  }

  func testOutputBackingsAreHeededNowAndThen() throws {
    let (model, picture) = (try mirror(), try picture())
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 16384, alignment: 16384)
    defer { memory.deallocate() }
    let backing = try MLMultiArray(
      dataPointer: memory, shape: [1, 3, 2, 4], dataType: .float32, strides: [24, 8, 4, 1])
    let options = MLPredictionOptions()
    options.outputBackings = ["same": backing]
    var heeded = 0
    for _ in 0..<64 {
      try autoreleasepool {
        let answer = try model.prediction(from: features(picture), options: options)
        let array = try XCTUnwrap(answer.featureValue(for: "same")?.multiArrayValue)
        XCTAssertEqual(array[23].floatValue, 70)
        if array === backing { heeded += 1 }
      }
    }
    XCTAssertGreaterThan(heeded, 8)
    XCTAssertLessThan(heeded, 56)
    XCTAssertEqual(Ledger.count(.backingsHonoured), heeded)
    XCTAssertEqual(Ledger.count(.backingsIgnored), 64 - heeded)
  }

  func testAnOutputBackingOffItsPageIsIgnoredAndOneOfAnotherShapeRefused() throws {
    let (model, picture) = (try mirror(), try picture())
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 32768, alignment: 16384)
    defer { memory.deallocate() }
    let options = MLPredictionOptions()
    func predict(_ offset: Int, _ shape: [NSNumber]) throws {
      options.outputBackings = [
        "same": try MLMultiArray(
          dataPointer: memory + offset, shape: shape, dataType: .float32, strides: [24, 8, 4, 1])
      ]
      try autoreleasepool {
        _ = try model.prediction(from: features(picture), options: options)
      }
    }
    for _ in 0..<16 { try predict(64, [1, 3, 2, 4]) }
    XCTAssertEqual(Ledger.count(.backingsHonoured), 0)
    assertThrows(try predict(0, [1, 3, 4, 2]), "does not match the output's")
  }

  func testABatchIgnoresOutputBackings() throws {
    let (model, picture) = (try mirror(), try picture())
    let options = MLPredictionOptions()
    options.outputBackings = ["same": try MLMultiArray(shape: [1, 3, 2, 4], dataType: .float32)]
    try autoreleasepool {
      let batch = MLArrayBatchProvider(array: [try features(picture), try features(picture)])
      let answers = try model.predictions(from: batch, options: options)
      XCTAssertEqual(answers.count, 2)
      let last = answers.features(at: 1).featureValue(for: "same")?.multiArrayValue
      XCTAssertEqual(try values(last).last, 70)
    }
    XCTAssertEqual(Ledger.count(.backingsHonoured), 0)
  }

  func testAPictureOfAnotherSizeOrFormatIsRefused() throws {
    let model = try mirror()
    try autoreleasepool {
      assertThrows(
        try model.prediction(from: features(picture(width: 8))), "Image size 8 x 2 not in allowed")
      var grey: CVPixelBuffer?
      CVPixelBufferCreate(nil, 4, 2, kCVPixelFormatType_OneComponent8, nil, &grey)
      let input = try features(try XCTUnwrap(grey))
      assertThrows(try model.prediction(from: input), "not of the expected pixel format")
      let nothing = try MLDictionaryFeatureProvider(dictionary: [:])
      assertThrows(
        try model.prediction(from: nothing), "Feature image is required but not specified")
    }
  }

  /// Runs `body` on a thread of its own and waits for it.
  private func onThread<Value>(_ body: @escaping () -> Value) -> Value {
    nonisolated(unsafe) var value: Value?
    startThread { value = body() }.wait()
    guard let value else { preconditionFailure("the thread gave no value") }
    return value
  }

  private func startThread(_ body: @escaping () -> Void) -> DispatchSemaphore {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      body()
      done.signal()
    }
    thread.start()
    return done
  }
}
