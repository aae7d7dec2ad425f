import { expect, test } from "bun:test";
import { runTool } from "../../src/source/tool.ts";
import { childrenOf } from "../e2e/processes.ts";
import { hasFfmpeg } from "./media.ts";

const LIMIT_MS = 20_000;
/** Takes so many seconds. */
const slow = (seconds: number): string[] => [
  ...["-re", "-f", "lavfi", "-i", `testsrc=duration=${seconds}`, "-f", "null", "-"],
];

test.skipIf(!hasFfmpeg)(
  "runTool() starts tools out of reach of the terminal's signals",
  async () => {
    const running = runTool("ffmpeg", slow(2), LIMIT_MS);
    const tool = childrenOf(process.pid).find(({ command }) =>
      command.includes("testsrc=duration=2"),
    );
    // The leader of a group of its own.
    expect(tool?.groupId).toBe(tool?.pid as number);
    expect((await running).exitCode).toBe(0);
  },
);

test.skipIf(!hasFfmpeg)("runTool() ends a tool at its signal and at its limit", async () => {
  const ended = await runTool("ffmpeg", slow(60), 60_000, AbortSignal.timeout(50));
  expect(ended.exitCode).toBeNull();
  expect((await runTool("ffmpeg", slow(60), 50)).exitCode).toBeNull();
  const before = await runTool("ffmpeg", slow(60), 60_000, AbortSignal.abort());
  expect(before).toEqual({ exitCode: null, stdout: "", stderr: "" });
});
