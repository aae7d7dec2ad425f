import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeFd, createPipe, library, libraryPath, outBuffer } from "../../src/native/library.ts";
import { reasonOf } from "../../src/sink/line-writer.ts";

const isMissing = !existsSync(libraryPath());
if (isMissing) console.warn("skipped: a pipe that stops blocking needs the native library");

const PROGRAM = join(import.meta.dir, "line-program.ts");
/** About 9 MB, far more than a pipe and the sink's buffers hold. */
const FRAMES = 12_000;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-lines-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly heldMax: number;
  readonly heldAtEnd: number;
  readonly failures: readonly { code: string; message: string }[];
}

/**
 * Runs the program in a shell, where `$RUN` stands for it; returns what both wrote. The file `$FULL`
 * is there once all of its slots are held.
 */
async function shell(script: string): Promise<{ stdout: string; outcome: Outcome }> {
  const said = join(folder, "stderr");
  const full = join(folder, "full");
  rmSync(full, { force: true });
  const child = Bun.spawn(["sh", "-c", script], {
    env: { ...process.env, RUN: `${process.execPath} ${PROGRAM}`, SAID: said, FULL: full },
    stdout: "pipe",
  });
  const stdout = await new Response(child.stdout).text();
  await child.exited;
  return { stdout, outcome: JSON.parse(readFileSync(said, "utf8")) };
}

/** Frame numbers of whole lines; throws where a line is torn. */
function frameIds(text: string): number[] {
  const lines = text.split("\n");
  expect(lines.pop()).toBe("");
  return lines.map((line) => JSON.parse(line).frame);
}

const ALL = Array.from({ length: FRAMES }, (_, index) => index);

describe("standard output", () => {
  test("a slow reader gets every line in order, and frames are held back meanwhile", async () => {
    const reader = "(while [ ! -e $FULL ]; do sleep 0.05; done; cat)";
    const { stdout, outcome } = await shell(`$RUN - ${FRAMES} 2>$SAID | ${reader}`);
    expect(frameIds(stdout)).toEqual(ALL);
    expect(outcome).toEqual({ heldMax: 8, heldAtEnd: 0, failures: [] });
  });

  test("a reader that goes away ends the run with output-closed and holds nothing", async () => {
    const { stdout, outcome } = await shell(`$RUN - ${FRAMES} 2>$SAID | head -n 1`);
    expect(frameIds(stdout)).toEqual([0]);
    expect(outcome.heldAtEnd).toBe(0);
    expect(outcome.failures.map(({ code }) => code)).toEqual(["output-closed"]);
  });

  test("redirected to a file, it is not truncated", async () => {
    const path = join(folder, "redirected");
    const { outcome } = await shell(`(echo before; $RUN - 3 2>$SAID) >"${path}"`);
    expect(outcome.failures).toEqual([]);
    const [first, ...rest] = readFileSync(path, "utf8").split("\n");
    expect(first).toBe("before");
    expect(frameIds(rest.join("\n"))).toEqual([0, 1, 2]);
  });

  // Bun makes its standard output block when it starts, but whoever shares it may undo that.
  test.skipIf(isMissing)("a pipe that stops blocking loses nothing when it is full", async () => {
    const { readFd, writeFd } = createPipe(1 << 16);
    const child = Bun.spawn([process.execPath, PROGRAM, "-", String(FRAMES)], {
      stdout: writeFd,
      stderr: "pipe",
    });
    let isRunning = true;
    const said = new Response(child.stderr).json().finally(() => {
      isRunning = false;
    });
    const pieces: Buffer[] = [];
    while (isRunning) {
      // Writing nothing from here makes the shared end non-blocking.
      library().aip_pipe_write(writeFd, outBuffer(8), 0, null);
      await Bun.sleep(1);
      pieces.push(readWaiting(readFd));
    }
    pieces.push(readWaiting(readFd));
    closeFd(readFd);
    closeFd(writeFd);
    expect(((await said) as Outcome).failures).toEqual([]);
    expect(frameIds(Buffer.concat(pieces).toString())).toEqual(ALL);
  });
});

/** Everything a pipe holds at the moment. */
function readWaiting(fd: number): Buffer {
  const bytes = outBuffer(1 << 16);
  const readBytes = new Uint32Array(outBuffer(8).buffer);
  const stop = new Uint32Array(outBuffer(8).buffer).fill(1);
  // With its stop flag set, a read takes what is there and waits for no more.
  library().aip_pipe_read(fd, bytes, bytes.length, stop, readBytes);
  return Buffer.from(bytes.slice(0, readBytes[0]));
}

describe("a file", () => {
  test("holds whole lines alone when the disk is full", async () => {
    const path = join(folder, "full.ndjson");
    // A limit on file sizes, with its signal ignored, makes writes fail as a full disk does.
    const limit = 'trap "" XFSZ; ulimit -f 300';
    const { outcome } = await shell(`${limit}; $RUN "${path}" ${FRAMES} 2>$SAID`);
    const ids = frameIds(readFileSync(path, "utf8"));
    expect(ids.length).toBeGreaterThan(100);
    expect(ids).toEqual(ALL.slice(0, ids.length));
    expect(outcome.failures).toHaveLength(1);
    expect(outcome.failures[0]).toMatchObject({ code: "output-failed" });
    expect(outcome.failures[0]?.message).toStartWith(`Cannot write "${path}": file too large`);
  });
});

describe("reasonOf()", () => {
  test("keeps the words of a system error", () => {
    const reason = reasonOf(new Error("ENOENT: no such file or directory, open 'a, b'"));
    expect(reason).toBe("no such file or directory");
  });

  test("keeps any other message whole", () => {
    expect(reasonOf(new Error("Odd: really, so"))).toBe("Odd: really, so");
    expect(reasonOf("text")).toBe("text");
  });
});
