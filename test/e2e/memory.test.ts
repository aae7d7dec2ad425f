import { afterAll, expect, test } from "bun:test";
import { runningProcesses } from "./processes.ts";
import { Workspace } from "./workspace.ts";

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const MIB = 2 ** 20;
const FRAME_COUNT = 5000;
const SETTLED_AFTER = 1500;

// A frame of 1280×720 is 1,382,400 bytes: one that is lost in fifty would be 92 MiB in the end.
test("aip run: memory does not grow with the number of frames", async () => {
  const child = workspace.start(
    `demo:size=1280x720:frames=${FRAME_COUNT} --device sim:0ms,sim:1ms --output - --quiet`,
  );
  let lineCount = 0;
  let settledBytes = 0;
  let lastBytes = 0;
  for await (const chunk of child.stdout) {
    for (const byte of chunk) if (byte === 0x0a) lineCount += 1;
    if (lineCount < SETTLED_AFTER) continue;
    const bytes = runningProcesses().find(({ pid }) => pid === child.pid)?.residentBytes;
    if (bytes === undefined) continue;
    if (settledBytes === 0) settledBytes = bytes;
    lastBytes = bytes;
  }
  expect(await child.exited).toBe(0);
  expect(lineCount).toBe(FRAME_COUNT);
  expect(settledBytes).toBeGreaterThan(0);
  expect(lastBytes - settledBytes).toBeLessThan(30 * MIB);
});
