import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * The converter is Python, and so are its tests, in `convert-coreml/`: they run once, in one
 * process, and each is a test here.
 */
const FOLDER = join(import.meta.dir, "convert-coreml");

/** The converter imports coremltools, and computes whole networks in numpy. */
const TIMEOUT_MS = 900_000;

const PACKAGES = ["coremltools", "numpy", "onnx", "onnxruntime"];
const FINDS_ALL =
  "import importlib.util, sys; sys.exit(any(not importlib.util.find_spec(n) for n in sys.argv[1:]))";

/** The Python named by AIP_PYTHON, that of `.venv`, or the system's: the first that has all. */
function suitablePython(): string | undefined {
  const named = process.env["AIP_PYTHON"];
  const own = join(import.meta.dir, "../../.venv/bin/python");
  const candidates = named === undefined ? [own, "python3"] : [named];
  return candidates.find((candidate) => {
    if (Bun.which(candidate) === null) return false;
    const { exitCode } = Bun.spawnSync([candidate, "-c", FINDS_ALL, ...PACKAGES]);
    return exitCode === 0;
  });
}

interface Outcome {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly why: string;
}

let outcomes: Promise<readonly Outcome[]> | undefined;

async function run(python: string): Promise<readonly Outcome[]> {
  const child = Bun.spawn([python, join(FOLDER, "run.py")], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  const [text, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  const lines = text.trimEnd().split("\n");
  const found = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Outcome);
  if (found.length === 0) throw new Error(`no test ran: ${errors}`);
  return found;
}

/** `Class.test_name` of every test of a Python file. */
function namesIn(path: string): string[] {
  let current = "";
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      current = /^class (\w+)/.exec(line)?.[1] ?? current;
      const name = /^ {4}def (test_\w+)/.exec(line)?.[1];
      return name === undefined ? [] : [`${current}.${name}`];
    });
}

const python = suitablePython();
if (python === undefined) {
  console.warn(`skipped: no Python with ${PACKAGES.join(", ")} (AIP_PYTHON names one)`);
}

for (const file of [
  ...new Bun.Glob("*_test.py").scanSync({ cwd: FOLDER, absolute: true }),
].sort()) {
  describe.skipIf(python === undefined)(basename(file), () => {
    test.each(namesIn(file))(
      "%s",
      async (name) => {
        outcomes ??= run(python as string);
        // A failure of a sub-test carries the name of its test first.
        const mine = (await outcomes).filter((each) => each.name.split(" ")[0] === name);
        const failed = mine.filter(({ outcome }) => outcome === "failed");
        expect(failed.map(({ name: which, why }) => `${which}: ${why}`)).toEqual([]);
        expect(mine).not.toBeEmpty();
        for (const { outcome, why } of mine) {
          if (outcome === "skipped") console.warn(`skipped: ${name}: ${why}`);
        }
      },
      TIMEOUT_MS,
    );
  });
}
