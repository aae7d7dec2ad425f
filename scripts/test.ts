/**
 * Runs all tests, of both languages, against the library as its sources are now.
 *
 *     bun run test                     everything
 *     bun run test test/ring …         only these, with any option of `bun test`; no Swift tests
 *
 * Of everything, what only computes runs beside the rest, which waits for a third of its time.
 * Tells again, below all they printed, which tests failed and why. The last line says `N passed,
 * N failed`, and `, N skipped` where any were.
 */
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
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

/**
 * Tests that compute and neither measure nor wait. They take the processor time that the others,
 * beside them, leave: at this priority they do not disturb what is timed.
 */
const COMPUTING = [
  "test/native/kernels.test.ts",
  "test/scripts/convert-coreml.test.ts",
  "test/scripts/plot-scheduling.test.ts",
  "test/scripts/typecheck-macos.test.ts",
];
const LOW_PRIORITY = ["nice", "-n", "10"];
/** What is left to them may be little. */
const LOW_PRIORITY_TIMEOUT = "--timeout=600000";

interface Outcome {
  readonly tally: Tally;
  /** What failed, a paragraph each. */
  readonly failures: readonly string[];
}

const children = new Set<Bun.Subprocess>();

/** Ends a process with this one. */
function bound<Child extends Bun.Subprocess>(child: Child): Child {
  children.add(child);
  child.exited.then(() => children.delete(child));
  return child;
}

interface BunTests {
  readonly reports: string;
  /** Names the report. */
  readonly name: string;
  /** Patterns of files, and options. */
  readonly words: readonly string[];
  /** Files that must have a result. */
  readonly files: readonly string[];
  /** Where it prints, at a low priority; default: here, at this process's. */
  readonly log?: number;
}

async function bunTests({ reports, name, words, files, log }: BunTests): Promise<Outcome> {
  const report = join(reports, `${name}.xml`);
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const [priority, timeout] =
    log === undefined ? [[], TIMEOUT] : [LOW_PRIORITY, LOW_PRIORITY_TIMEOUT];
  const output = log ?? "inherit";
  const command = [process.execPath, "test", PARALLEL, timeout, ...reporter, ...words];
  const child = Bun.spawn([...priority, ...command], {
    cwd: ROOT,
    stdio: ["ignore", output, output],
    // One cache for all files, gone with the reports: what `auto` stands for is measured once.
    env: { ...process.env, AIP_CACHE_DIR: join(reports, "cache") },
  });
  const status = await bound(child).exited;
  const xml = existsSync(report) ? readFileSync(report, "utf8") : "";
  const tally = tallyJunit(xml);
  // A file that throws while it is loaded is not in the report.
  const ran = filesInJunit(xml);
  const unread = files.filter((file) => !ran.has(file));
  return outcome({ ...tally, failed: tally.failed + unread.length }, status, [
    ...failuresInJunit(xml),
    ...unread.map((file) => `${file}: it has no result`),
  ]);
}

function testFiles(): string[] {
  return [...new Bun.Glob("test/**/*.test.ts").scanSync({ cwd: ROOT })].sort();
}

const ON_LINUX = process.platform === "linux";

/** On Linux all of them run against the Core ML of our own; see swift/StandIn. */
const SWIFT_ENV = { ...process.env, AIP_COREML_STANDIN: ON_LINUX ? "1" : "0" };
const SWIFT_SCRATCH = ["--scratch-path", ON_LINUX ? join(".build", "standin") : ".build"];

async function swiftTests(reports: string): Promise<Outcome> {
  const report = join(reports, "swift.xml");
  const child = bound(
    Bun.spawn(["swift", "test", ...SWIFT_SCRATCH, "--xunit-output", report], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "inherit"],
      env: SWIFT_ENV,
    }),
  );
  const [output, status] = await Promise.all([passOn(child.stdout), child.exited]);
  const testing = join(reports, "swift-swift-testing.xml");
  const xml = existsSync(testing) ? readFileSync(testing, "utf8") : "";
  const tally = addTallies([tallyXCTest(output), tallyJunit(xml)]);
  return outcome(tally, status, [...failuresInXCTest(output), ...failuresInJunit(xml)]);
}

/** Compiles Swift's tests; where that fails, running them says why. */
async function buildSwiftTests(): Promise<void> {
  const command = [...LOW_PRIORITY, "swift", "build", "--build-tests", ...SWIFT_SCRATCH];
  const silent = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
  await bound(Bun.spawn(command, { cwd: ROOT, env: SWIFT_ENV, ...silent })).exited;
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

/** All tests: what computes beside the others, and Swift's, compiled by then, alone. */
async function everything(reports: string): Promise<Outcome[]> {
  const printed = join(reports, "computing.txt");
  const computing = bunTests({
    ...{ reports, name: "computing", words: COMPUTING, files: COMPUTING },
    log: openSync(printed, "a"),
  }).then(async (outcome) => {
    await buildSwiftTests();
    return outcome;
  });
  // Once, before the tests that want it start side by side.
  if (ON_LINUX) await ensureBuilt({ standIn: true });
  const files = testFiles().filter((file) => !COMPUTING.includes(file));
  const words = COMPUTING.map((file) => `--path-ignore-patterns=${file}`);
  const outcomes = [await bunTests({ reports, name: "others", words, files }), await computing];
  process.stderr.write(readFileSync(printed));
  return [...outcomes, await swiftTests(reports)];
}

async function main(selection: readonly string[]): Promise<number> {
  const reports = mkdtempSync(join(tmpdir(), "aip-test-"));
  const end = (): void => {
    for (const child of children) child.kill();
    rmSync(reports, { recursive: true, force: true });
  };
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      end();
      process.exit(130);
    });
  }
  try {
    await ensureBuilt();
    const outcomes =
      selection.length === 0
        ? await everything(reports)
        : [await bunTests({ reports, name: "bun", words: selection, files: [] })];
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
    end();
  }
}

process.exit(await main(process.argv.slice(2)));
