import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExamineOptions, examineDevice } from "../../src/doctor/examination.ts";
import { childrenOf } from "../e2e/processes.ts";
import { until } from "../e2e/workspace.ts";

setDefaultTimeout(120_000);

const options = (more: Partial<ExamineOptions> = {}): ExamineOptions => ({
  withinMs: 60_000,
  signal: new AbortController().signal,
  progress: () => undefined,
  ...more,
});
const task = (device: string) => ({ model: "demo", inputSize: null, device });

/** Temporary files of these tests alone. */
let temporary: string;
const { TMPDIR } = process.env;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "aip-examination-"));
  process.env["TMPDIR"] = temporary;
});
afterEach(() => {
  if (TMPDIR === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = TMPDIR;
  rmSync(temporary, { recursive: true });
});

describe("examineDevice()", () => {
  test("brings answers to every picture, and where the operations ran", async () => {
    const { examination, failure } = await examineDevice(task("cpu:threads=1"), options());
    expect(failure).toBeNull();
    expect(examination?.answers).toHaveLength(6);
    // The scene is busy: there is something to see in each picture.
    for (const { objects } of examination?.answers ?? []) expect(objects.length).toBeGreaterThan(0);
    expect(examination?.placement?.shares).toMatchObject([{ unit: "cpu", share: 1 }]);
  });

  test("ends a device that hangs at its limit, and leaves nothing behind", async () => {
    const hanging = task("sim:1ms:model=demo:hang-at=0");
    const { failure } = await examineDevice(hanging, options({ withinMs: 3000 }));
    expect(failure).toBe("it gave no answer within 3 s");
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("tells a process that a signal ends, as a crash does", async () => {
    const abort = new AbortController();
    const hanging = task("sim:1ms:model=demo:hang-at=0");
    const examining = examineDevice(hanging, options({ signal: abort.signal }));
    const isRunning = (): boolean =>
      childrenOf(process.pid).some(({ command }) => command.includes("hang-at=0"));
    await until("it is examined", isRunning);
    abort.abort();
    expect((await examining).failure).toBe("it crashed (SIGKILL)");
  });

  test("brings the reason of a device that cannot be opened", async () => {
    const { failure } = await examineDevice(task("sim:1ms:model=missing.onnx"), options());
    expect(failure).toContain('"missing.onnx": no such file');
  });
});
