import { afterAll, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sentences, upTo, Workspace } from "./workspace.ts";

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const MAIN = join(import.meta.dir, "../../src/cli/main.ts");

/** Runs `aip run` in a shell, where limits are set and outputs are piped. */
function shell(line: string): { code: number; stdout: string; stderr: string } {
  const script = line.replace("aip run", `"${process.execPath}" "${MAIN}" run`);
  const { exitCode, stdout, stderr } = Bun.spawnSync(["bash", "-c", script], {
    cwd: workspace.path,
    stdin: "ignore",
  });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

test("results on a full disk: the run fails, and whole lines are left", async () => {
  // A limit of 4 KiB a file stands in for the disk; the report is smaller.
  const { code, stderr } = shell(
    "ulimit -f 4; aip run demo:frames=5000 --device sim:0ms --output o.ndjson --report o.json",
  );
  expect(code).toBe(1);
  expect(sentences(stderr).at(-1)).toBe('aip: Cannot write "o.ndjson": file too large');
  const { demo = [] } = await workspace.frames("o.ndjson");
  expect(demo.length).toBeGreaterThan(10);
  expect(demo).toEqual(upTo(demo.length));
  expect((await workspace.report("o.json")).end).toBe("failed");
});

test.skipIf(!existsSync("/dev/full"))("results to a device that is full: the run fails", () => {
  for (const flag of ["--output", "--report"]) {
    const { code, stderr } = shell(`aip run demo:frames=50 --device sim:0ms ${flag} /dev/full`);
    expect(code).toBe(1);
    expect(sentences(stderr).at(-1)).toBe('aip: Cannot write "/dev/full": no space left on device');
    expect(stderr).not.toContain("saved");
  }
});

test("an annotated video on a full disk: the run fails, and no video is left", async () => {
  const { code, stderr } = shell(
    "ulimit -f 64; aip run demo:size=1280x720:frames=300 --device sim:0ms --annotate o.mp4 --output v.ndjson",
  );
  expect(code).toBe(1);
  expect(sentences(stderr).at(-1)).toStartWith('aip: ffmpeg broke off writing "o.mp4": ');
  expect(readdirSync(workspace.path).filter((name) => name.startsWith("o.mp4"))).toEqual([]);
  expect(stderr).toContain("saved       v.ndjson\n");
  const { demo = [] } = await workspace.frames("v.ndjson");
  expect(demo).toEqual(upTo(demo.length));
});

test("results whose reader has seen enough end the run, and that is no failure", () => {
  const line = "aip run demo:frames=100000 --device sim:0ms --output - --quiet";
  const { code, stdout, stderr } = shell(`set -o pipefail; ${line} | head -n 2`);
  const [first = "", second = ""] = stdout.trimEnd().split("\n");
  expect([JSON.parse(first).frame, JSON.parse(second).frame]).toEqual([0, 1]);
  expect(code).toBe(0);
  expect(sentences(stderr)).toEqual([]);
});
