/** How many tests passed, failed and were skipped, read from what the test runners write. */

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function addTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce((sum, tally) => ({
    passed: sum.passed + tally.passed,
    failed: sum.failed + tally.failed,
    skipped: sum.skipped + tally.skipped,
  }));
}

/** `12 passed, 0 failed`, and `, 3 skipped` where any were. */
export function formatTally(tally: Tally): string {
  const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
  return `${tally.passed} passed, ${tally.failed} failed${skipped}`;
}

/**
 * Counts the test cases of a JUnit report. By case, not by the totals of the suites: bun counts
 * skipped tests in them, Swift Testing does not and counts a test once per failed expectation.
 */
export function tallyJunit(xml: string): Tally {
  let [passed, failed, skipped] = [0, 0, 0];
  // In attributes and text ">" and "<" are always escaped.
  for (const [, body] of xml.matchAll(/<testcase\b[^>]*?(?:\/>|>(.*?)<\/testcase>)/gs)) {
    if (body !== undefined && /<(failure|error)\b/.test(body)) failed += 1;
    else if (body?.includes("<skipped")) skipped += 1;
    else passed += 1;
  }
  return { passed, failed, skipped };
}

/** Files that a JUnit report of `bun test` tells of. */
export function filesInJunit(xml: string): ReadonlySet<string> {
  return new Set(
    [...xml.matchAll(/<testsuite\b[^>]*?\bfile="([^"]*)"/g)].map((match) => match[1] as string),
  );
}

/**
 * Counts the test cases in what XCTest prints (its own JUnit report passes skipped ones off as
 * passed). A test that started and never ended took the process with it: failed.
 */
export function tallyXCTest(output: string): Tally {
  const count = (outcome: string): number =>
    [...output.matchAll(new RegExp(`^Test Case '.*' ${outcome}\\b`, "gm"))].length;
  const [passed, skipped] = [count("passed"), count("skipped")];
  return { passed, skipped, failed: count("started") - passed - skipped };
}
