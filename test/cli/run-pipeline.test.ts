import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../../src/metrics/report.ts";
import { until } from "../e2e/workspace.ts";
import { aipProcess, type Outcome, spawnAip } from "./process.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aip-run-"));
});

afterAll(() => rm(folder, { recursive: true }));

const run = (line: string): Promise<Outcome> =>
  aipProcess(["run", ...line.split(" ")], { cwd: folder });

interface Line {
  readonly source: string;
  readonly frame: number;
  readonly status: string;
}

async function lines(name: string): Promise<Line[]> {
  const text = await Bun.file(join(folder, name)).text();
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Line]));
}

const report = (name: string): Promise<Report> => Bun.file(join(folder, name)).json();

/** Numbers from 0, as many as asked for. */
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test("aip run writes every frame once and in order, and a report that adds up", async () => {
  const { code, stdout, stderr } = await run(
    "demo:frames=80 --device sim:2ms:cv=0.5,sim:5ms:cv=0.5 --output a.ndjson --report a.json",
  );
  expect(stderr).toContain("simulated, 2 ms a frame, cv 0.5");
  expect(stderr).toContain("80 received = 80 emitted");
  expect(stdout).toBe("");
  expect(code).toBe(0);
  expect((await lines("a.ndjson")).map(({ frame }) => frame)).toEqual(upTo(80));
  const { end, frames, in_order } = await report("a.json");
  expect(end).toBe("complete");
  expect(frames).toEqual({ received: 80, emitted: 80, dropped: 0, failed: 0 });
  expect(in_order).toBe(true);
});

test("aip run --output - puts nothing but results on stdout", async () => {
  const { code, stdout } = await run("demo:frames=20 --device sim:1ms --output - --quiet");
  expect(code).toBe(0);
  const frames = stdout
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as Line).frame);
  expect(frames).toEqual(upTo(20));
});

test("aip run takes several sources and keeps each in order", async () => {
  const { code } = await run(
    "demo:frames=30 demo:frames=20:seed=2 --device sim:1ms,sim:3ms --output b.ndjson",
  );
  expect(code).toBe(0);
  const bySource = Object.groupBy(await lines("b.ndjson"), ({ source }) => source);
  const counts = Object.values(bySource).map((of) => of?.map(({ frame }) => frame));
  expect(counts).toContainEqual(upTo(30));
  expect(counts).toContainEqual(upTo(20));
});

test("aip run --schedule weighted prints the accounting of the weighted round robin", async () => {
  const { code, stderr } = await run(
    "demo:frames=80 --device sim:2ms,sim:5ms,sim:10ms --schedule weighted --report w.json",
  );
  expect(code).toBe(0);
  expect(stderr.toLowerCase()).toContain("generated");
  const { weighted } = await report("w.json");
  expect(weighted?.generated).toBe(80);
  // Weights 5 : 2 : 1 give each device exactly its share of 80 frames.
  expect(weighted?.backends.map(({ frames }) => frames)).toEqual([50, 20, 10]);
});

test("aip run takes a device out that fails every frame, and fails without another", async () => {
  const { code, stderr } = await run(
    "demo:frames=60 --device sim:1ms:fail=1:weight=1 --output f.ndjson --report f.json",
  );
  const { frames } = await report("f.json");
  expect(frames.failed).toBe(frames.received);
  const written = await lines("f.ndjson");
  expect(written.map(({ frame, status }) => [frame, status])).toEqual(
    upTo(frames.received).map((frame) => [frame, "failed"]),
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /aip: No device is left: sim-0 failed 10 frames in a row: simulated .* restarts/,
  );
});

test("aip run fails with every cause named once no device is left", async () => {
  const { code, stderr } = await run("demo:frames=600 --device sim:1ms:die-at=3 --report d.json");
  expect(code).toBe(1);
  expect(stderr).toMatch(/aip: .*die-at=3/);
  const { end, frames } = await report("d.json");
  expect(end).toBe("failed");
  expect(frames.received).toBe(frames.emitted + frames.dropped + frames.failed);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "aip run drains at the first %s, writes what was done and exits with 130",
  async (signal) => {
    const name = signal.toLowerCase();
    const child = spawnAip(
      ["run", "demo:frames=100000", "--device", "sim:5ms", "--output", `${name}.ndjson`].concat(
        "--report",
        `${name}.json`,
        "--quiet",
      ),
      { cwd: folder },
    );
    const partial = join(folder, `${name}.ndjson`);
    await until("results are written", () => sizeOf(partial) > 0);
    child.kill(signal);
    expect(await child.exited).toBe(130);
    expect(await new Response(child.stderr).text()).toContain(`${signal}: finishing`);
    const { end, frames } = await report(`${name}.json`);
    expect(end).toBe("interrupted");
    expect(frames.received).toBe(frames.emitted + frames.dropped + frames.failed);
    const written = await lines(`${name}.ndjson`);
    expect(written.map(({ frame }) => frame)).toEqual(upTo(frames.received));
  },
  60_000,
);

test("aip run ends at once at the second signal", async () => {
  const words = ["demo:frames=100", "--device", "sim:60s", "--quiet", "--trace", "slow.json"];
  const child = spawnAip(["run", ...words], { cwd: folder });
  const reader = child.stderr.getReader();
  const seen = async (text: string): Promise<void> => {
    let all = "";
    while (!all.includes(text)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`stderr ended before "${text}": ${all}`);
      all += new TextDecoder().decode(value);
    }
  };
  const trace = join(folder, "slow.json");
  await until("the device is at a frame", () => {
    return sizeOf(trace) > 0 && readFileSync(trace, "utf8").includes('"give sim-0"');
  });
  child.kill("SIGINT");
  await seen("finishing");
  child.kill("SIGINT");
  // Drained, it would answer the frame first, and write a report.
  expect(await child.exited).toBe(130);
  await reader.cancel();
}, 50_000);

/** 0 where there is no such file yet. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
