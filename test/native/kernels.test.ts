/**
 * Builds and runs the C tests of the pixel kernels and of the demo scene
 * (`swift/CAipKernelsTests`): on this machine, with the address and undefined-behaviour sanitizers,
 * and for arm64 under QEMU, so that the NEON version is proven on x86-64 too. What the machine
 * lacks a tool for is skipped, and the name says so.
 */

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const swift: string = join(import.meta.dir, "../../swift");
const build: string = mkdtempSync(join(tmpdir(), "aip-kernels-"));
const timeoutMs = 600_000;

afterAll(() => rmSync(build, { recursive: true, force: true }));

function run(command: string[], cwd: string = build): { exitCode: number; output: string } {
  const done = Bun.spawnSync(command, { cwd, stdout: "pipe", stderr: "pipe" });
  return { exitCode: done.exitCode, output: `${done.stdout}${done.stderr}` };
}

/** The system's C compiler, or the clang that comes with Swift. */
function findCompiler(): string | undefined {
  const named = process.env["CC"];
  const system = (named && Bun.which(named)) || Bun.which("cc") || Bun.which("clang");
  if (system) return system;
  const swiftc = Bun.which("swiftc");
  if (!swiftc) return undefined;
  return Bun.which("clang", { PATH: dirname(realpathSync(swiftc)) }) ?? undefined;
}

const patterns = [
  ...["image.c", "preprocess*.c", "tensor_*.c", "thumbnail*.c", "difference*.c"],
  ...["draw*.c", "font.c", "demo_*.c"],
];
const sources = patterns.flatMap((pattern) => [
  ...new Bun.Glob(pattern).scanSync({ cwd: join(swift, "CAipKernels"), absolute: true }),
]);

/** A compiler, what it is told, and what runs its programs where this processor does not. */
interface Target {
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly emulator?: string;
}

function compile({ compiler, flags }: Target, cwd: string, ...words: string[]): void {
  const folders = ["CAipKernels/include", "CAipKernels", "CAip/include", "CAipKernelsTests"];
  const language = ["-std=c11", "-Wall", "-Wextra", "-Wno-psabi", "-Werror", "-ffp-contract=off"];
  const included = folders.map((folder) => `-I${join(swift, folder)}`);
  const { exitCode, output } = run([compiler, ...language, ...included, ...flags, ...words], cwd);
  expect(output).not.toContain("error:");
  expect(exitCode).toBe(0);
}

const foldersOfKernels = new Map<Target, string>();

/** Compiles the kernels, once for all programs of a target. */
function kernels(target: Target): string {
  const made = foldersOfKernels.get(target);
  if (made !== undefined) return made;
  const folder = mkdtempSync(join(build, "kernels-"));
  compile(target, folder, "-c", ...sources, join(swift, "CAipKernelsTests/check.c"));
  foldersOfKernels.set(target, folder);
  return folder;
}

/** Compiles a test program and runs it; returns what it printed. */
function prove(program: string, target: Target): string {
  const folder = kernels(target);
  const objects = [...new Bun.Glob("*.o").scanSync(folder)];
  const source = join(swift, "CAipKernelsTests", `${program}_test.c`);
  compile(target, folder, source, ...objects, "-lm", "-o", program);
  const binary = join(folder, program);
  const ran = run(target.emulator === undefined ? [binary] : [target.emulator, binary, "100"]);
  expect(ran.output).toMatch(/[1-9]\d* passed, 0 failed/);
  expect(ran.exitCode).toBe(0);
  return ran.output;
}

/** Whether the compiler can build a program with the sanitizers, and the program starts. */
function hasSanitizers(compiler: string): boolean {
  const source = join(build, "probe.c");
  const binary = join(build, "probe");
  run(["sh", "-c", `echo 'int main(void) { return 0; }' > '${source}'`]);
  const flags = ["-fsanitize=address,undefined"];
  return (
    run([compiler, ...flags, source, "-o", binary]).exitCode === 0 && run([binary]).exitCode === 0
  );
}

const compiler = findCompiler();
const sanitized = compiler !== undefined && hasSanitizers(compiler);
const cross = Bun.which("aarch64-linux-gnu-gcc");
const emulator = Bun.which("qemu-aarch64") ?? Bun.which("qemu-aarch64-static");
const emulated = cross !== null && emulator !== null;
const skipped = (ready: boolean, lacking: string): string =>
  ready ? "" : ` (skipped: ${lacking})`;

const processor: Target = { compiler: compiler ?? "", flags: ["-O2"] };
const guarded: Target = {
  compiler: compiler ?? "",
  flags: ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"],
};
const arm64: Target = {
  compiler: cross ?? "",
  flags: ["-O2", "-static"],
  emulator: emulator ?? "",
};

const programs = ["preprocess", "finite", "thumbnail", "difference", "draw", "demo"];
/** Those that say which versions they have held against each other. */
const versioned = ["preprocess", "thumbnail"];

describe.each(programs)("%s kernels", (program) => {
  const native = compiler !== undefined;
  test.skipIf(!native)(
    `hold on this processor${skipped(native, "no C compiler")}`,
    () => {
      const output = prove(program, processor);
      if (versioned.includes(program) && process.arch === "arm64") expect(output).toContain("neon");
    },
    timeoutMs,
  );

  test.skipIf(!sanitized)(
    `touch no memory that is not theirs${skipped(sanitized, "no sanitizers")}`,
    () => {
      prove(program, guarded);
    },
    timeoutMs,
  );

  test.skipIf(!emulated)(
    `hold on arm64 with NEON${skipped(emulated, "no aarch64-linux-gnu-gcc or qemu-aarch64")}`,
    () => {
      const output = prove(program, arm64);
      if (versioned.includes(program)) expect(output).toContain("portable, neon");
    },
    timeoutMs,
  );
});
