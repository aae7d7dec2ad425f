import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { auditReport } from "../../src/metrics/report.ts";
import { childrenOf } from "./processes.ts";
import { sentences, until, upTo, Workspace } from "./workspace.ts";

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

beforeAll(() => workspace.makeVideo("long.mp4", 3000, "-preset", "ultrafast"), 60_000);

const OUTPUTS = "--output o.ndjson --report o.json --quiet";

describe("aip run on a device that", () => {
  test.each([
    ["fails on some frames", "sim:1ms:fail=0.1", 500, /frames retried/],
    ["hangs", "sim:2ms,sim:2ms:hang-at=100", 300, /sim-1: gave no answer in \d+\.\d s/],
    ["dies", "sim:2ms,sim:2ms:die-at=50", 300, /sim-1: simulated device died at frame 50/],
  ])("%s ends well: %s", async (_, device, count, told) => {
    const { code, stderr } = await workspace.run(
      // Half of the frames go to each device, whichever of them the machine holds up.
      `demo:frames=${count} --device ${device} --schedule weighted ${OUTPUTS}`,
    );
    expect(stderr).toMatch(told);
    expect(sentences(stderr)).toEqual([]);
    expect(code).toBe(0);
    const report = await workspace.report("o.json");
    expect(auditReport(report)).toEqual([]);
    expect(report.end).toBe("complete");
    const { received, emitted, failed } = report.frames;
    expect({ received, all: emitted + failed }).toEqual({ received: count, all: count });
    expect(await workspace.frames("o.ndjson")).toEqual({ demo: upTo(count) });
    const lines = await workspace.lines("o.ndjson");
    expect(lines.filter(({ status }) => status === "failed")).toHaveLength(failed);
    // One bad device in two costs no frame.
    if (device.includes(",")) expect(failed).toBe(0);
  });

  test("is the last one fails the run, with every cause named", async () => {
    const { code, stderr } = await workspace.run(
      `demo:frames=5000 --device sim:1ms:die-at=3,sim:1ms:die-at=5 ${OUTPUTS}`,
    );
    expect(code).toBe(1);
    const [sentence = ""] = sentences(stderr).slice(-1);
    expect(sentence).toStartWith("aip: No device is left: ");
    expect(sentence).toContain("sim-0 simulated device died at frame 3");
    expect(sentence).toContain("sim-1 simulated device died at frame 5");
    const report = await workspace.report("o.json");
    expect(auditReport(report)).toEqual([]);
    expect(report.end).toBe("failed");
    expect(await workspace.frames("o.ndjson")).toEqual({ demo: upTo(report.frames.received) });
  });
});

test("aip run whose ffmpeg is killed keeps what came before, and says so", async () => {
  rmSync(workspace.file("o.ndjson"), { force: true });
  const child = workspace.start(`long.mp4 --device sim:10ms --annotate o.mp4 ${OUTPUTS}`);
  const decoder = (): number | undefined =>
    childrenOf(child.pid).find(
      ({ command }) => command.includes("ffmpeg") && command.includes("long.mp4"),
    )?.pid;
  const hasResults = (): boolean =>
    existsSync(workspace.file("o.ndjson")) && Bun.file(workspace.file("o.ndjson")).size > 0;
  await until("results are written", hasResults);
  process.kill(decoder() as number, "SIGKILL");
  expect(await child.exited).toBe(1);
  const report = await workspace.report("o.json");
  expect(auditReport(report)).toEqual([]);
  const { received, emitted } = report.frames;
  expect(emitted).toBe(received);
  const expected =
    `Reading "long.mp4" broke off after ${received.toLocaleString("en-US")} of 3,000 frames: ` +
    "ffmpeg was ended by SIGKILL";
  expect(sentences(await new Response(child.stderr).text()).at(-1)).toBe(`aip: ${expected}`);
  expect(report.error).toBe(expected);
  expect(received).toBeGreaterThan(0);
  expect(await workspace.frames("o.ndjson")).toEqual({ long: upTo(received) });
  expect(workspace.countPictures("o.mp4")).toBe(received);
});
