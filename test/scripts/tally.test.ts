import { describe, expect, test } from "bun:test";
import {
  addTallies,
  failuresInJunit,
  failuresInXCTest,
  filesInJunit,
  formatTally,
  tallyJunit,
  tallyXCTest,
} from "../../scripts/tally.ts";

const BUN_REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="4" failures="1" skipped="1">
  <testsuite name="test/a.test.ts" file="test/a.test.ts" tests="3">
    <testsuite name="group" file="test/a.test.ts" line="2" tests="2">
      <testcase name="a &gt; b" classname="x" />
      <testcase name="left out" classname="x">
        <skipped />
      </testcase>
    </testsuite>
    <testcase name="&lt;testcase /&gt;" classname="">
      <failure type="AssertionError" message="no">two
lines</failure>
    </testcase>
  </testsuite>
  <testsuite name="test/b.test.ts" file="test/b.test.ts" tests="1">
    <testcase name="fine" classname=""></testcase>
  </testsuite>
</testsuites>`;

describe("tallyJunit()", () => {
  test("counts passed, failed and skipped cases at every depth", () => {
    expect(tallyJunit(BUN_REPORT)).toEqual({ passed: 2, failed: 1, skipped: 1 });
  });

  test("counts a case with two failed expectations once", () => {
    const report = "<testcase name='x'><failure message='1' /><failure message='2' /></testcase>";
    expect(tallyJunit(report)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test("finds nothing in an empty report", () => {
    expect(tallyJunit("")).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });
});

describe("failuresInJunit()", () => {
  test("tells of each failed case where it is, its name and why", () => {
    // As `bun test` 1.4 writes them: an assertion, a time-out and a test within a group.
    const report = `<testsuite name="d" file="a.test.ts" tests="4">
      <testcase name="x &lt;b&gt;" classname="d" time="0.1" file="a.test.ts" line="2">
        <failure type="AssertionError" message="m">Error: no&#10;&#10;Received: &quot;&#8230;&quot;
      at a.test.ts:2:51&#10;</failure>
      </testcase>
      <testcase name="fine" classname="d" file="a.test.ts" />
      <testcase name="hang" classname="" time="0.1" file="b.test.ts" line="2">
        <failure type="TimeoutError" message="test timed out" />
      </testcase>
    </testsuite>`;
    expect(failuresInJunit(report)).toEqual([
      'a.test.ts: d > x <b>\n    Error: no\n\n    Received: "…"\n          at a.test.ts:2:51',
      "b.test.ts: hang\n    test timed out",
    ]);
  });

  test("finds nothing where all passed", () => {
    expect(failuresInJunit("<testcase name='a' file='b' /><testcase name='c' />")).toEqual([]);
  });
});

test("failuresInXCTest() keeps what XCTest says of a failure, and names a test that never ended", () => {
  const output = `Test Case 'RingTests.testC' started at 2026-01-01 00:00:00.000
RingTests.swift:9: error: RingTests.testC : XCTAssertEqual failed
Test Case 'RingTests.testC' failed (0.0 seconds)
Test Case 'RingTests.testD' started at 2026-01-01 00:00:00.000
`;
  expect(failuresInXCTest(output)).toEqual([
    "RingTests.swift:9: error: RingTests.testC : XCTAssertEqual failed",
    "RingTests.testD: it never ended",
  ]);
});

test("filesInJunit() names each file once", () => {
  expect([...filesInJunit(BUN_REPORT)]).toEqual(["test/a.test.ts", "test/b.test.ts"]);
});

describe("tallyXCTest()", () => {
  test("counts what ended, and a test that never did as failed", () => {
    const output = `Test Suite 'All tests' started at 2026-01-01 00:00:00.000
Test Case 'RingTests.testA' started at 2026-01-01 00:00:00.000
Test Case 'RingTests.testA' passed (0.1 seconds)
Test Case 'RingTests.testB' started at 2026-01-01 00:00:00.000
RingTests.swift:3: RingTests.testB : Test skipped - no GPU
Test Case 'RingTests.testB' skipped (0.0 seconds)
Test Case 'RingTests.testC' started at 2026-01-01 00:00:00.000
RingTests.swift:9: error: RingTests.testC : XCTAssertEqual failed
Test Case 'RingTests.testC' failed (0.0 seconds)
Test Case 'RingTests.testD' started at 2026-01-01 00:00:00.000
`;
    expect(tallyXCTest(output)).toEqual({ passed: 1, failed: 2, skipped: 1 });
  });

  test("reads the names of macOS", () => {
    const output = `Test Case '-[AipNativeTests.RingTests testA]' started.
Test Case '-[AipNativeTests.RingTests testA]' passed (0.001 seconds).`;
    expect(tallyXCTest(output)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  });
});

test("formatTally() names skipped tests only where there are some", () => {
  const first = { passed: 12, failed: 0, skipped: 0 };
  expect(formatTally(first)).toBe("12 passed, 0 failed");
  const both = addTallies([first, { passed: 1, failed: 2, skipped: 3 }]);
  expect(formatTally(both)).toBe("13 passed, 2 failed, 3 skipped");
});
