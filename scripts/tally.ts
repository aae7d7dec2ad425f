/** What passed, failed and was skipped, read from what the test runners write. */

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

// In attributes and text ">" and "<" are always escaped.
const TEST_CASE = /<testcase\b([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs;
const FAILURE = /<(?:failure|error)\b([^>]*?)(?:\/>|>(.*?)<\/(?:failure|error)>)/s;

/**
 * Counts the test cases of a JUnit report. By case, not by the totals of the suites: bun counts
 * skipped tests in them, Swift Testing does not and counts a test once per failed expectation.
 */
export function tallyJunit(xml: string): Tally {
  let [passed, failed, skipped] = [0, 0, 0];
  for (const [, , body] of xml.matchAll(TEST_CASE)) {
    if (body !== undefined && FAILURE.test(body)) failed += 1;
    else if (body?.includes("<skipped")) skipped += 1;
    else passed += 1;
  }
  return { passed, failed, skipped };
}

/**
 * The failed cases of a JUnit report, each as a paragraph: its file, its name, and the reason
 * indented below.
 */
export function failuresInJunit(xml: string): string[] {
  return [...xml.matchAll(TEST_CASE)].flatMap(([, attributes = "", body = ""]) => {
    const failure = FAILURE.exec(body);
    if (failure === null) return [];
    const [, ofFailure = "", text] = failure;
    const reason = text === undefined ? attribute(ofFailure, "message") : unescapeXml(text);
    const group = attribute(attributes, "classname");
    const name = [group, attribute(attributes, "name")].filter((part) => part !== "").join(" > ");
    const lines = reason.trim().split("\n");
    return [[`${attribute(attributes, "file")}: ${name}`, ...lines.map(indent)].join("\n")];
  });
}

function attribute(attributes: string, name: string): string {
  return unescapeXml(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "");
}

const indent = (line: string): string => (line === "" ? "" : `    ${line}`);

const XML_ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};

/** Text of XML, its predefined entities and decimal character references resolved. */
function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) =>
    code === undefined ? (XML_ENTITIES[name ?? ""] ?? whole) : String.fromCodePoint(Number(code)),
  );
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

/** The failures XCTest tells of, each with its file and line, and the tests that never ended. */
export function failuresInXCTest(output: string): string[] {
  const told = [...output.matchAll(/^.*: error: .*$/gm)].map((match) => match[0]);
  const ended = new Set(
    [...output.matchAll(/^Test Case '(.*)' (?:passed|failed|skipped)\b/gm)].map(([, name]) => name),
  );
  const started = [...output.matchAll(/^Test Case '(.*)' started\b/gm)].map(([, name]) => name);
  const lost = started.filter((name) => !ended.has(name)).map((name) => `${name}: it never ended`);
  return [...told, ...lost];
}
