import CAip
import XCTest

/// Swift must see the structs as the binary definition lays them out.
final class LayoutTests: XCTestCase {
  func testStructsHaveTheirDocumentedSizes() {
    XCTAssertEqual(MemoryLayout<aip_arena_header>.stride, 128)
    XCTAssertEqual(MemoryLayout<aip_slot_header>.stride, 128)
    XCTAssertEqual(MemoryLayout<aip_result_descriptor>.stride, 128)
    XCTAssertEqual(MemoryLayout<aip_detection>.stride, 32)
    XCTAssertEqual(MemoryLayout<aip_session_config>.stride, 320)
    XCTAssertEqual(MemoryLayout<aip_graph_tensor>.stride, 64)
  }

  func testFieldsStandWhereTheDiagramsSay() {
    XCTAssertEqual(MemoryLayout<aip_slot_header>.offset(of: \.plane_offset_bytes), 88)
    XCTAssertEqual(MemoryLayout<aip_slot_header>.offset(of: \.time_ms), 16)
    XCTAssertEqual(MemoryLayout<aip_result_descriptor>.offset(of: \.payload_shape), 76)
    XCTAssertEqual(MemoryLayout<aip_result_descriptor>.offset(of: \.finished_ms), 40)
    XCTAssertEqual(MemoryLayout<aip_session_config>.offset(of: \.confidence_min), 128)
    XCTAssertEqual(MemoryLayout<aip_session_config>.offset(of: \.class_filter), 144)
  }
}
