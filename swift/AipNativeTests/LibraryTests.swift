import CAip
import XCTest

@testable import AipNative

/// Every exported function is called through its C declaration, so a signature that differs from
/// the header fails here.
final class LibraryTests: XCTestCase {
  func testLayoutHashIsTheHeaders() {
    XCTAssertEqual(aip_layout_hash(), UInt32(AIP_LAYOUT_HASH))
  }

  func testVersionIsWrittenAndRefusedWithoutRoom() {
    var text = [UInt8](repeating: 0xFF, count: 16)
    XCTAssertEqual(aip_version(&text, 16), Int32(AIP_STATUS_OK))
    XCTAssertEqual(String(cString: text), "0.1.0")
    XCTAssertEqual(aip_version(&text, 5), Int32(AIP_STATUS_TRUNCATED))
    XCTAssertEqual(lastErrorText(), "The text needs 6 bytes, there is room for 5")
    XCTAssertEqual(aip_version(nil, 5), Int32(AIP_STATUS_INVALID_ARGUMENT))
    XCTAssertEqual(lastErrorText(), "The argument text is null")
  }

  func testLastErrorBelongsToItsThread() {
    XCTAssertEqual(aip_close(-1), Int32(AIP_STATUS_IO))
    XCTAssertEqual(lastErrorText(), "Cannot close file descriptor -1: Bad file descriptor")
    let thread = Thread {
      XCTAssertEqual(lastErrorText(), "")
      XCTAssertEqual(aip_version(nil, 0), Int32(AIP_STATUS_INVALID_ARGUMENT))
    }
    runToEnd(thread)
    XCTAssertEqual(lastErrorText(), "Cannot close file descriptor -1: Bad file descriptor")
  }

  func testLastErrorIsCutBetweenCharacters() {
    LastError.set(String(repeating: "a", count: LastError.capacityBytes - 2) + "é")
    XCTAssertEqual(lastErrorText(), String(repeating: "a", count: LastError.capacityBytes - 2))
    var short = [UInt8](repeating: 0xFF, count: 4)
    XCTAssertEqual(aip_last_error(&short, 4), Int32(LastError.capacityBytes - 2))
    XCTAssertEqual(String(cString: short), "aaa")
  }

  func testClockGoesForwardAndSleepReachesItsDeadline() {
    let start = aip_clock_ms()
    XCTAssertEqual(aip_sleep_until(start + 5, nil), Int32(AIP_STATUS_OK))
    XCTAssertGreaterThanOrEqual(aip_clock_ms(), start + 5)
    XCTAssertEqual(aip_sleep_until(.nan, nil), Int32(AIP_STATUS_OK))
  }

  func testSleepEndsOnceStopped() {
    var stop: UInt32 = 1
    XCTAssertEqual(aip_sleep_until(.infinity, &stop), Int32(AIP_STATUS_STOPPED))
  }
}
