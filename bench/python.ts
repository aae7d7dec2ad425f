import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ENVIRONMENT = fileURLToPath(new URL("../.cache/bench-python", import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL("./baselines/requirements.txt", import.meta.url));
const MODULES = ["numpy", "cv2", "onnxruntime"];

/** A Python with the baselines' packages, or why there is none. */
export type Python =
  | { readonly path: string; readonly versions: string }
  | { readonly path: null; readonly reason: string };

let found: Promise<Python> | undefined;

/**
 * Finds the Python of the baselines: `AIP_PYTHON`, else an environment below `.cache/`, which is
 * made from `bench/baselines/requirements.txt` the first time. Looked for once in a process.
 */
export function findPython(progress: (text: string) => void): Promise<Python> {
  found ??= find(progress);
  return found;
}

async function find(progress: (text: string) => void): Promise<Python> {
  const named = process.env["AIP_PYTHON"];
  if (named !== undefined && named !== "") return probe(named);
  const path = join(ENVIRONMENT, "bin", "python3");
  if (existsSync(path)) {
    const python = await probe(path);
    if (python.path !== null) return python;
  }
  progress("making a Python environment for the baselines");
  const made = await run(["python3", "-m", "venv", ENVIRONMENT]);
  if (made.status !== 0) return missing(`python3 -m venv failed: ${lastLine(made.errors)}`);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
  const installed = await run([path, ...pip, REQUIREMENTS]);
  if (installed.status !== 0) return missing(`pip install failed: ${lastLine(installed.errors)}`);
  return probe(path);
}

async function probe(path: string): Promise<Python> {
  const names = MODULES.join(", ");
  const versions = MODULES.map((name) => `"${name}", ${name}.__version__`).join(", ");
  const { status, output, errors } = await run([
    path,
    "-c",
    `import platform, ${names}; print("Python", platform.python_version(), ${versions})`,
  ]);
  if (status !== 0) return missing(`"${path}" has not all of ${names}: ${lastLine(errors)}`);
  return { path, versions: output.trim() };
}

function missing(reason: string): Python {
  return { path: null, reason: `no Python baselines: ${reason}; name a Python in AIP_PYTHON` };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

async function run(command: string[]): Promise<{ status: number; output: string; errors: string }> {
  if (Bun.which(command[0] as string) === null) {
    return { status: 127, output: "", errors: `${command[0]} is not installed` };
  }
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, errors, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { status, output, errors };
}

/** Versions that the requirements pin, for the documentation and tests. */
export function pinnedRequirements(): readonly string[] {
  return readFileSync(REQUIREMENTS, "utf8")
    .split("\n")
    .filter((line) => line.includes("=="));
}
