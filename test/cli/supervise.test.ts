import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandWords, crashOf } from "../../src/cli/supervise.ts";
import type { Report } from "../../src/metrics/report.ts";
import { aipProcess, spawnAip } from "./process.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-supervise-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** A supervised run whose processes can be waited for and ended. */
class Supervised {
  readonly parent: Bun.Subprocess<"ignore", "pipe", "pipe">;
  stderr = "";

  constructor(line: string) {
    const words = ["run", ...line.split(" "), "--supervise", "--quiet"];
    this.parent = spawnAip(words, { cwd: folder });
    void this.#read();
  }

  /** Process number of the `ordinal`th child, counted from 1, once it has been started. */
  async child(ordinal: number): Promise<number> {
    return await until(() => {
      const found = [...this.stderr.matchAll(/^supervisor\s+process (\d+)$/gm)];
      return found[ordinal - 1] === undefined ? undefined : Number(found[ordinal - 1]?.[1]);
    });
  }

  async #read(): Promise<void> {
    for await (const chunk of this.parent.stderr) this.stderr += Buffer.from(chunk).toString();
  }
}

async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await Bun.sleep(20);
  }
}

const path = (name: string): string => join(folder, name);

async function frameIds(name: string): Promise<number[]> {
  const text = existsSync(path(name)) ? await Bun.file(path(name)).text() : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line).frame]));
}

/** Waits until the file holds more frames than `count`; returns how many. */
const moreThan = (name: string, count: number): Promise<number> =>
  until(async () => {
    const { length } = await frameIds(name);
    return length > count ? length : undefined;
  });

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("aip run --supervise", () => {
  test("a native crash and a kill -9 cost no frame, repeat none and are reported", async () => {
    const run = new Supervised(
      "demo:frames=800 --device sim:5ms --output a.ndjson --report a.json",
    );
    process.kill(await run.child(1), "SIGSEGV");
    const second = await run.child(2);
    const written = await moreThan("a.ndjson", 0);
    process.kill(second, "SIGKILL");
    expect(await run.parent.exited).toBe(0);
    expect(await frameIds("a.ndjson")).toEqual(upTo(800));
    const report: Report = await Bun.file(path("a.json")).json();
    expect(report.faults.crashes).toEqual(["SIGSEGV", "SIGKILL"]);
    const first = report.sources[0]?.first_frame ?? 0;
    expect(first).toBeGreaterThanOrEqual(written);
    expect(report.frames).toEqual({
      received: 800 - first,
      emitted: 800 - first,
      dropped: 0,
      failed: 0,
    });
    expect(run.stderr).toContain(`demo: frames 0 to ${first - 1} come from an earlier run`);
  }, 60_000);

  test("a video is read again from its start, without counting what is written", async () => {
    const video = path("clip.mp4");
    const made = Bun.spawnSync([
      ...["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=50"],
      ...["-frames:v", "400", "-pix_fmt", "yuv420p", video],
    ]);
    expect(made.stderr.toString()).toBe("");
    const run = new Supervised("clip.mp4 --device sim:5ms --output v.ndjson --report v.json");
    const first = await run.child(1);
    await moreThan("v.ndjson", 0);
    process.kill(first, "SIGSEGV");
    expect(await run.parent.exited).toBe(0);
    expect(await frameIds("v.ndjson")).toEqual(upTo(400));
    const text = await Bun.file(path("v.ndjson")).text();
    const times = text.trimEnd().split("\n");
    // 50 frames a second: every 20 ms, also across the crash.
    expect(times.map((line) => Math.round(JSON.parse(line).time_ms))).toEqual(
      upTo(400).map((frame) => frame * 20),
    );
  }, 60_000);

  test("results of an older run are replaced, also where the first process wrote nothing", async () => {
    const old = { source: "demo", frame: 0, status: "ok", detections: [] };
    writeFileSync(path("old.ndjson"), `${JSON.stringify(old)}\n`);
    const run = new Supervised("demo:frames=20 --device sim:100ms --output old.ndjson");
    process.kill(await run.child(1), "SIGSEGV");
    expect(await run.parent.exited).toBe(0);
    expect(await frameIds("old.ndjson")).toEqual(upTo(20));
  }, 60_000);

  test("without --output it starts from the beginning, and says so", async () => {
    const run = new Supervised("demo:frames=20 --device sim:100ms --report none.json");
    process.kill(await run.child(1), "SIGSEGV");
    expect(await run.parent.exited).toBe(0);
    expect(run.stderr).toContain("starting from the beginning, for want of --output");
    const report: Report = await Bun.file(path("none.json")).json();
    expect(report.frames.emitted).toBe(20);
  }, 60_000);

  test("a run that crashes without a frame more is given up with exit code 1", async () => {
    const run = new Supervised("demo:frames=50 --device sim:60s --output never.ndjson");
    for (let ordinal = 1; ordinal <= 4; ordinal += 1) {
      process.kill(await run.child(ordinal), "SIGKILL");
    }
    expect(await run.parent.exited).toBe(1);
    expect(run.stderr).toContain(
      "aip: The run was ended by SIGKILL; given up: it crashed 3 times without a frame more",
    );
  }, 60_000);

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s is passed on: drained, exit code 130",
    async (name) => {
      const run = new Supervised(`demo:frames=100000 --device sim:5ms --output ${name}.ndjson`);
      await moreThan(`${name}.ndjson`, 0);
      run.parent.kill(name);
      expect(await run.parent.exited).toBe(130);
      const ids = await frameIds(`${name}.ndjson`);
      expect(ids).toEqual(upTo(ids.length));
    },
    60_000,
  );

  test("kill -9 of the supervisor leaves no process behind", async () => {
    const run = new Supervised("demo:frames=100000 --device sim:5ms --output orphan.ndjson");
    const child = await run.child(1);
    await moreThan("orphan.ndjson", 0);
    run.parent.kill("SIGKILL");
    await run.parent.exited;
    await until(() => (isAlive(child) ? undefined : true));
    const ids = await frameIds("orphan.ndjson");
    expect(ids).toEqual(upTo(ids.length));
  }, 60_000);

  test("what fails in order is not started again", async () => {
    const failed = await aipProcess(
      ["run", "demo:frames=600", "--device", "sim:1ms:die-at=3", "--supervise", "--quiet"],
      { cwd: folder },
    );
    expect(failed.code).toBe(1);
    const wrong = await aipProcess(["run", "nothing.mp4", "--supervise", "--quiet"], {
      cwd: folder,
    });
    expect(wrong.code).toBe(2);
    for (const { stderr } of [failed, wrong]) {
      expect(stderr.match(/^supervisor/gm)).toHaveLength(1);
    }
  }, 60_000);

  test.each([
    ["--output -", "what stands in the standard output cannot be read back; name a file"],
    ["--output x.ndjson --annotate x.mp4", "an annotated video cannot be gone on with"],
  ])("refuses %s", async (line, reason) => {
    const { code, stderr } = await aipProcess(["run", "--supervise", ...line.split(" ")], {
      cwd: folder,
    });
    expect(stderr).toStartWith("aip: Cannot supervise: ");
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });
});

test("commandWords() gives back the words a command line was parsed from", () => {
  const input = {
    flags: { device: "cpu,gpu", quiet: true, agnostic: false, supervise: true },
    operands: ["-odd name.mp4", "b.mp4"],
  };
  const words = ["run", "--device=cpu,gpu", "--quiet", "--no-agnostic"];
  expect(commandWords(input, false)).toEqual([...words, "--", "-odd name.mp4", "b.mp4"]);
  expect(commandWords(input, true)).toEqual([...words, "--resume", "--", "-odd name.mp4", "b.mp4"]);
});

test("crashOf() tells a crash from an end in order", () => {
  const at = (signalCode: string | null, exitCode: number | null): string | null =>
    crashOf({ signalCode, exitCode });
  expect(at("SIGSEGV", null)).toBe("SIGSEGV");
  expect(at("SIGKILL", null)).toBe("SIGKILL");
  // 128 + 4, 6 and 11: Swift's trap, abort() and a segmentation fault, told by a shell.
  expect([at(null, 132), at(null, 134), at(null, 139)]).toEqual(["SIGILL", "SIGABRT", "SIGSEGV"]);
  for (const code of [0, 1, 2, 127, 128, 130, 143]) expect(at(null, code)).toBeNull();
  expect(at("SIGTERM", null)).toBeNull();
});
