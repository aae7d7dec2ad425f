/**
 * Runs all tests, of both languages, against the library as its sources are now.
 *
 *     bun run test                     everything
 *     bun run test test/ring …         only these, with any option of `bun test`; no Swift tests
 *
 * Tells again, below all they printed, which tests failed and why. The last line says `N passed,
 * N failed`, and `, N skipped` where any were.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt } from "./build.ts";
import {
  addTallies,
  failuresInJunit,
  failuresInXCTest,
  filesInJunit,
  formatTally,
  type Tally,
  tallyJunit,
  tallyXCTest,
} from "./tally.ts";

const ROOT = join(import.meta.dir, "..");

/** A test that hangs ends; a busy machine fails none. */
const TIMEOUT = "--timeout=60000";

/** Each file in a process of its own, so that a native crash fails that file alone. */
const PARALLEL = "--parallel=2";

interface Outcome {
  readonly tally: Tally;
  /** What failed, a paragraph each. */
  readonly failures: readonly string[];
}

async function bunTests(reports: string, selection: readonly string[]): Promise<Outcome> {
  const report = join(reports, "bun.xml");
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const command = [process.execPath, "test", PARALLEL, TIMEOUT, ...reporter, ...selection];
  const child = Bun.spawn(command, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    // One cache for all files, gone with the reports: what `auto` stands for is measured once.
    env: { ...process.env, AIP_CACHE_DIR: join(reports, "cache") },
  });
  const status = await child.exited;
  const xml = existsSync(report) ? readFileSync(report, "utf8") : "";
  const tally = tallyJunit(xml);
  // A file that throws while it is loaded is not in the report.
  const ran = filesInJunit(xml);
  const unread = selection.length > 0 ? [] : testFiles().filter((file) => !ran.has(file));
  return outcome({ ...tally, failed: tally.failed + unread.length }, status, [
    ...failuresInJunit(xml),
    ...unread.map((file) => `${file}: it has no result`),
  ]);
}

function testFiles(): string[] {
  return [...new Bun.Glob("test/**/*.test.ts").scanSync({ cwd: ROOT })].sort();
}

const ON_LINUX = process.platform === "linux";

/** Swift's tests against the Core ML of our own, which only Linux has; see swift/StandIn. */
const STANDIN_TESTS = [
  ...["--scratch-path", join(".build", "standin")],
  ...["--filter", "StandInTests", "--filter", "CoreMl"],
];

async function swiftTests(reports: string, name: string, ...options: string[]): Promise<Outcome> {
  const report = join(reports, `${name}.xml`);
  const child = Bun.spawn(["swift", "test", "--xunit-output", report, ...options], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    env: { ...process.env, AIP_COREML_STANDIN: options.length > 0 ? "1" : "0" },
  });
  const [output, status] = await Promise.all([passOn(child.stdout), child.exited]);
  const testing = join(reports, `${name}-swift-testing.xml`);
  const xml = existsSync(testing) ? readFileSync(testing, "utf8") : "";
  const tally = addTallies([tallyXCTest(output), tallyJunit(xml)]);
  return outcome(tally, status, [...failuresInXCTest(output), ...failuresInJunit(xml)]);
}

/** Shows a stream as it comes, and keeps it. */
async function passOn(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream) {
    process.stderr.write(bytes);
    text += decoder.decode(bytes, { stream: true });
  }
  return text;
}

/** A runner that fails without a failed test (it did not compile, it crashed) counts as one. */
function outcome(tally: Tally, status: number, failures: readonly string[]): Outcome {
  if (tally.failed > 0 || status === 0) return { tally, failures };
  return { tally: { ...tally, failed: 1 }, failures: [`a test runner ended with ${status}`] };
}

async function main(selection: readonly string[]): Promise<number> {
  const reports = mkdtempSync(join(tmpdir(), "aip-test-"));
  try {
    await ensureBuilt();
    // Once, before the tests that want it start side by side.
    if (selection.length === 0 && ON_LINUX) await ensureBuilt({ standIn: true });
    const outcomes = [await bunTests(reports, selection)];
    if (selection.length === 0) {
      outcomes.push(await swiftTests(reports, "swift"));
      if (ON_LINUX) {
        outcomes.push(await swiftTests(reports, "standin", ...STANDIN_TESTS));
      }
    }
    const failures = outcomes.flatMap((outcome) => outcome.failures);
    if (failures.length > 0) console.log(["\nfailed:", ...failures].join("\n"));
    const total = addTallies(outcomes.map((outcome) => outcome.tally));
    console.log(formatTally(total));
    return total.failed === 0 ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.log(formatTally({ passed: 0, failed: 1, skipped: 0 }));
    return 1;
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

process.exit(await main(process.argv.slice(2)));
