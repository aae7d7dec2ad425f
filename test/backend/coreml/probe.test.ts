import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProbeResult, probe } from "../../../src/backend/coreml/probe.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "aip-probe-"));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

let count = 0;

/** Asks a program of these statements in place of the one that calls Core ML. */
function ask(statements: string, limitMs = 20_000): Promise<ProbeResult> {
  count += 1;
  const program = join(FOLDER, `probe-${count}.ts`);
  writeFileSync(program, statements);
  return probe(
    { step: "compile", modelPath: "model.mlpackage", target: join(FOLDER, "compiled") },
    {
      what: "trying",
      limitMs,
      signal: new AbortController().signal,
      tell: () => undefined,
      program,
    },
  );
}

describe("probe()", () => {
  test("gives the answer on the last line", async () => {
    const answer = { ok: true, loadMs: 1, predictMs: 2 };
    expect(
      await ask(`console.log("noise\\n" + ${JSON.stringify(JSON.stringify(answer))})`),
    ).toEqual({
      kind: "ok",
      loadMs: 1,
      predictMs: 2,
    });
  });

  test.each(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"])(
    "%s from outside is a failure that may pass, no crash of the model's",
    async (signal) => {
      const result = await ask(`process.kill(process.pid, "${signal}"); await Bun.sleep(20_000);`);
      expect(result).toEqual({
        kind: "failed",
        code: "probe-killed",
        reason: `${signal} from outside ended it, as a system short of memory does`,
      });
    },
  );

  test("a signal of its own making is a crash, with its last words", async () => {
    const result = await ask(`console.error("why"); process.kill(process.pid, "SIGABRT");`);
    expect(result).toEqual({ kind: "crashed", reason: "it was ended by SIGABRT (why)" });
  });

  test("is over a while after its limit, though something of it does not end", async () => {
    // What it has started holds its output open, as it would itself where it cannot be ended.
    const result = await ask(
      `Bun.spawn(["sleep", "60"], { stdio: ["ignore", "inherit", "inherit"] }); await Bun.sleep(60_000);`,
      1_000,
    );
    expect(result).toEqual({ kind: "hung", reason: "no end of it in 1 s" });
  }, 50_000);
});
