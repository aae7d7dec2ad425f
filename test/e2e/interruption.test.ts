import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { childrenOf, runningProcesses } from "./processes.ts";
import { sentences, until, upTo, Workspace } from "./workspace.ts";

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

/** Long enough that every signal comes in its middle. */
beforeAll(() => workspace.makeVideo("long.mp4", 3000, "-preset", "ultrafast"), 60_000);

const OUTPUTS = "--output o.ndjson --annotate o.mp4 --report o.json --quiet";

/** Starts a run and waits until its first results are written. */
async function startAndWait(line: string): Promise<ReturnType<Workspace["start"]>> {
  await Bun.file(workspace.file("o.ndjson"))
    .delete()
    .catch(() => undefined);
  const child = workspace.start(`${line} ${OUTPUTS}`);
  await until("results are written", () => {
    const path = workspace.file("o.ndjson");
    return existsSync(path) && Bun.file(path).size > 0;
  });
  return child;
}

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s: what is under way is finished, all outputs are whole, and the exit code is 130",
  async (signal) => {
    const child = await startAndWait("long.mp4 --device sim:5ms,sim:9ms");
    child.kill(signal);
    expect(await child.exited).toBe(130);
    const stderr = await new Response(child.stderr).text();
    expect(stderr).toContain(`${signal}: finishing what is under way`);
    expect(sentences(stderr)).toEqual([]);
    const { frames, end, in_order } = await workspace.report("o.json");
    expect({ end, in_order }).toEqual({ end: "interrupted", in_order: true });
    expect(frames).toMatchObject({ emitted: frames.received, dropped: 0, failed: 0 });
    expect(frames.received).toBeLessThan(3000);
    expect(await workspace.frames("o.ndjson")).toEqual({ long: upTo(frames.received) });
    expect(workspace.countPictures("o.mp4")).toBe(frames.received);
  },
);

test("Ctrl-C, which every process of the terminal's group gets, is no fault of the source", async () => {
  const child = await startAndWait("long.mp4 --device sim:5ms");
  // A shell gives every job a group of its own; here it is that of the tests.
  const processes = runningProcesses();
  const groupId = processes.find(({ pid }) => pid === child.pid)?.groupId;
  const ours = processes.filter(({ parentPid }) => parentPid === child.pid);
  for (const each of ours) if (each.groupId === groupId) process.kill(each.pid, "SIGINT");
  await Bun.sleep(200);
  child.kill("SIGINT");
  expect(await child.exited).toBe(130);
  expect((await workspace.report("o.json")).end).toBe("interrupted");
});

// A paced source leaves ffmpeg waiting at a full pipe for as long as anybody might read it.
test.each(["--fps 5", "--fps 500"])("SIGKILL under %s leaves no ffmpeg behind", async (pace) => {
  const child = await startAndWait(`long.mp4 --device sim:20ms ${pace}`);
  const children = childrenOf(child.pid);
  expect(children.filter(({ command }) => command.includes("ffmpeg"))).toHaveLength(2);
  child.kill("SIGKILL");
  await child.exited;
  const pids = children.map(({ pid }) => pid);
  await until("both have ended", () => !runningProcesses().some(({ pid }) => pids.includes(pid)));
  // What was written before is whole lines, from the first frame on.
  const { long = [] } = await workspace.frames("o.ndjson");
  expect(long.length).toBeGreaterThan(0);
  expect(long).toEqual(upTo(long.length));
});
