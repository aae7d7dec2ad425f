import CoreML
import StandInRuntime
import XCTest

/// Each fault happens when it is asked for, where it is asked for. What ends or hangs the process is
/// tested where it is handled: through the backend, in a process of its own.
final class FaultTests: StandInTestCase {
  private func answer(_ faults: String, _ units: MLComputeUnits = .cpuAndGPU) throws -> [Float] {
    Faults.ofProcess = Faults(faults)
    let model = try mirror(units, type: 65552)
    return try autoreleasepool {
      let answer = try model.prediction(from: features(picture()))
      return try values(answer.featureValue(for: "same")?.multiArrayValue)
    }
  }

  func testAnAnswerBecomesNaNInfiniteOrAnothers() throws {
    let right = try answer("")
    XCTAssertTrue(try answer("nan").allSatisfy(\.isNaN))
    let overflown = try answer("overflow")
    XCTAssertTrue(zip(overflown, right).allSatisfy { $0 == ($1 == 0 ? 0 : .infinity) })
    let wrong = try answer("wrong")
    XCTAssertNotEqual(wrong, right)
    XCTAssertEqual(wrong.sorted(), right.sorted())
  }

  func testAFaultOfOneUnitLeavesTheOthersAlone() throws {
    XCTAssertTrue(try answer("gpu/nan").allSatisfy(\.isNaN))
    XCTAssertFalse(try answer("gpu/nan", .cpuOnly).contains { $0.isNaN })
    XCTAssertFalse(try answer("ane/nan").contains { $0.isNaN })
  }

  func testAFaultOfOnePredictionHappensOnce() throws {
    Faults.ofProcess = Faults("predict-fail@2")
    let (model, picture) = (try mirror(), try picture())
    let failures = (1...3).map { _ in
      autoreleasepool { (try? model.prediction(from: try features(picture))) == nil }
    }
    XCTAssertEqual(failures, [false, true, false])
  }

  func testAPackageBringsFaultsOfItsOwn() throws {
    let model = try load(
      specification(
        inputs: [.image("image", 4, 2)], outputs: [.array("same", [1, 3, 2, 4])]),
      ["onnx": network("picture_f32"), "faults": "nan"])
    try autoreleasepool {
      let answer = try model.prediction(from: features(picture()))
      XCTAssertTrue(
        try values(answer.featureValue(for: "same")?.multiArrayValue).allSatisfy(\.isNaN))
    }
  }

  func testLoadingFailsWhereItIsTold() throws {
    Faults.ofProcess = Faults("ane/load-fail")
    XCTAssertNoThrow(try mirror(.cpuOnly))
    assertThrows(try mirror(.cpuAndNeuralEngine), "execution plan")
  }

  func testUnitsAreMissingWhereTheyAreTold() throws {
    XCTAssertEqual(
      MLModel.availableComputeDevices.map(\.description), ["CPU", "GPU", "Neural Engine"])
    Faults.ofProcess = Faults("no-ane, no-gpu")
    XCTAssertEqual(MLModel.availableComputeDevices.map(\.description), ["CPU"])
  }

  func testAWordThatIsNoFaultIsRecorded() {
    for word in ["nam", "npu/nan", "nan@", "load-ms=x"] {
      XCTAssertEqual(Faults(word).unknown, [word])
    }
    XCTAssertEqual(Faults("ane/nan@3 load-ms=20,empty").unknown, [])
    Faults.ofProcess = Faults("nam")
    _ = Faults.ofProcess
    XCTAssertEqual(Ledger.violations, ["\"nam\" is no fault it knows"])
  }
}
