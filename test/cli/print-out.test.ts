import { expect, test } from "bun:test";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Runs a line of the shell with `aip` as its `$0`. */
async function shell(line: string): Promise<{ code: number; out: string; err: string }> {
  const child = Bun.spawn(["sh", "-c", line, `${process.execPath} ${main}`], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, out, err };
}

test.skipIf(process.platform !== "linux")(
  "a full disk below the standard output is told",
  async () => {
    for (const words of [
      "--help",
      "--version",
      "devices",
      "simulate --device sim:1ms --frames 10",
    ]) {
      const { code, err } = await shell(`$0 ${words} >/dev/full`);
      expect(err).toContain("Cannot write standard output: no space left on device");
      expect(code).toBe(1);
    }
  },
);

test("a reader who has had enough is no failure", async () => {
  const { out, err } = await shell("{ $0 run --help; echo code $? >&2; } | head -n 1");
  expect(out).not.toBe("");
  expect(err).toBe("code 0\n");
});

test.skipIf(process.platform !== "linux")(
  "a full pipe that does not block gets all of it",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "aip-pipe-"));
    const path = join(folder, "pipe");
    expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      const filled = fill(fd);
      const child = Bun.spawn([process.execPath, main, "--version"], {
        stdout: fd,
        stderr: "pipe",
      });
      await Bun.sleep(300);
      const read = readUntil(fd, filled);
      expect(await child.exited).toBe(0);
      expect(`${read}${readUntil(fd, 1)}`.slice(filled)).toMatch(/^\d+\.\d+\.\d+\n$/);
    } finally {
      closeSync(fd);
      rmSync(folder, { recursive: true });
    }
  },
);

/** Writes until the pipe takes no more; returns the bytes. */
function fill(fd: number): number {
  let filled = 0;
  for (;;) {
    try {
      filled += writeSync(fd, Buffer.alloc(4096, "."));
    } catch {
      return filled;
    }
  }
}

function readUntil(fd: number, atLeast: number): string {
  const bytes = Buffer.alloc(1 << 20);
  let length = 0;
  while (length < atLeast) length += readSync(fd, bytes, length, bytes.length - length, null);
  return bytes.toString("latin1", 0, length);
}
