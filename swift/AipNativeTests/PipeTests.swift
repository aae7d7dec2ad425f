import CAip
import XCTest

final class PipeTests: XCTestCase {
  private var fds: [Int32] = [-1, -1]

  override func setUp() {
    signal(SIGPIPE, SIG_IGN)  // As Bun does.
    XCTAssertEqual(aip_pipe_create(1 << 20, &fds), Int32(AIP_STATUS_OK))
  }

  override func tearDown() {
    for fd in fds where fd >= 0 { _ = aip_close(fd) }
  }

  private func closeEnd(_ index: Int) {
    XCTAssertEqual(aip_close(fds[index]), Int32(AIP_STATUS_OK))
    fds[index] = -1
  }

  func testEndsAreClosedOnExec() {
    for fd in fds { XCTAssertNotEqual(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0) }
  }

  func testReadCollectsPiecesIntoOneFrame() {
    let sent = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let writeEnd = fds[1]
    let writer = Thread {
      for start in stride(from: 0, to: sent.count, by: 7_001) {
        let piece = Array(sent[start..<min(start + 7_001, sent.count)])
        XCTAssertEqual(
          aip_pipe_write(writeEnd, piece, UInt32(piece.count), nil), Int32(AIP_STATUS_OK))
      }
    }
    writer.start()
    var received = [UInt8](repeating: 0, count: sent.count)
    var count: UInt32 = 0
    XCTAssertEqual(
      aip_pipe_read(fds[0], &received, UInt32(sent.count), nil, &count), Int32(AIP_STATUS_OK))
    XCTAssertEqual(Int(count), sent.count)
    XCTAssertEqual(received, sent)
    while !writer.isFinished { usleep(1000) }
  }

  func testReadSaysHowMuchOfALastFrameThereWas() {
    XCTAssertEqual(aip_pipe_write(fds[1], [1, 2, 3], 3, nil), Int32(AIP_STATUS_OK))
    closeEnd(1)
    var bytes = [UInt8](repeating: 0, count: 8)
    var count: UInt32 = 99
    XCTAssertEqual(aip_pipe_read(fds[0], &bytes, 8, nil, &count), Int32(AIP_STATUS_END))
    XCTAssertEqual(count, 3)
    XCTAssertEqual(bytes, [1, 2, 3, 0, 0, 0, 0, 0])
    XCTAssertEqual(aip_pipe_read(fds[0], &bytes, 8, nil, &count), Int32(AIP_STATUS_END))
    XCTAssertEqual(count, 0)
  }

  func testReadOfAnEmptyPipeStops() {
    let stop = StopWord()
    stop.set(afterMs: 20)
    var bytes = [UInt8](repeating: 0, count: 8)
    var count: UInt32 = 0
    XCTAssertEqual(
      aip_pipe_read(fds[0], &bytes, 8, stop.pointer, &count), Int32(AIP_STATUS_STOPPED))
  }

  func testWriteToAFullPipeStops() {
    let stop = StopWord()
    stop.set(afterMs: 20)
    let bytes = [UInt8](repeating: 0, count: 3 << 20)
    XCTAssertEqual(
      aip_pipe_write(fds[1], bytes, UInt32(bytes.count), stop.pointer), Int32(AIP_STATUS_STOPPED))
  }

  func testWriteEndsWhenNobodyReads() {
    closeEnd(0)
    XCTAssertEqual(aip_pipe_write(fds[1], [1], 1, nil), Int32(AIP_STATUS_END))
  }

  func testBadDescriptorsAreNamed() {
    var bytes: [UInt8] = [0]
    var count: UInt32 = 0
    XCTAssertEqual(aip_pipe_read(9999, &bytes, 1, nil, &count), Int32(AIP_STATUS_IO))
    XCTAssertEqual(lastErrorText(), "Cannot use file descriptor 9999: Bad file descriptor")
    XCTAssertEqual(aip_pipe_write(9999, bytes, 1, nil), Int32(AIP_STATUS_IO))
    XCTAssertEqual(lastErrorText(), "Cannot use file descriptor 9999: Bad file descriptor")
  }
}
