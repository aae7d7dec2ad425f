import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCalibration } from "../../src/schedule/calibration-schema.ts";
import { aipProcess, spawnAip } from "../cli/process.ts";

/** A folder with a cache of its own. */
class Folder {
  readonly path: string = mkdtempSync(join(tmpdir(), "aip-calibrate-"));
  readonly env: Readonly<Record<string, string>> = {
    AIP_CACHE_DIR: join(this.path, "cache"),
    // A software GPU would be measured too, for longer than all the rest takes.
    VK_DRIVER_FILES: "/nonexistent/icd.json",
  };

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  get stored(): readonly string[] {
    const path = join(this.path, "cache", "calibrations");
    return existsSync(path) ? readdirSync(path) : [];
  }
}

describe("aip calibrate", () => {
  test("measures the demo model, stores the choice, and aip run takes it", async () => {
    using folder = new Folder();
    const options = { cwd: folder.path, env: folder.env };
    const words = ["calibrate", "demo", "--device", "auto", "--seconds", "1", "--for", "latency"];
    const { code, stdout, stderr } = await aipProcess(words, options);
    expect(stderr).toContain("frames/s");
    expect(stdout).toMatch(/^latency\s+\S+: [\d.]+ ms a frame$/m);
    expect(stderr).toContain("--device auto uses the best for latency");
    expect(code).toBe(0);
    const [name = "", ...others] = folder.stored;
    expect(others).toEqual([]);
    const text = readFileSync(join(folder.path, "cache", "calibrations", name), "utf8");
    expect(parseCalibration(text)).toMatchObject({ quick: false, goal: "latency" });
    const run = await aipProcess(["run", "demo:frames=3", "--quiet"], options);
    expect(run.code).toBe(0);
    expect(run.stderr).not.toContain("calibrating");
  });

  test("an experiment: table, JSON and plot, and nothing stored", async () => {
    using folder = new Folder();
    const words = [
      ...["calibrate", "--device", "sim:5ms,sim:8ms", "--replicas", "1..2", "--seconds", "0.1"],
      ...["--quiet", "--output", "runs.json", "--plot", "runs.svg"],
    ];
    const { code, stdout, stderr } = await aipProcess(words, { cwd: folder.path, env: folder.env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("sim:5ms:replicas=1,sim:8ms:replicas=1 (simulated)");
    const json = parseCalibration(readFileSync(join(folder.path, "runs.json"), "utf8"));
    expect(json.candidates).toHaveLength(5);
    expect(readFileSync(join(folder.path, "runs.svg"), "utf8")).toContain("<polyline");
    expect(folder.stored).toEqual([]);
  });

  test("interrupted: one sentence, exit code 130, nothing written", async () => {
    using folder = new Folder();
    const child = spawnAip(["calibrate", "demo", "--seconds", "600", "--output", "runs.json"], {
      cwd: folder.path,
      env: folder.env,
    });
    let said = "";
    let isKilled = false;
    for await (const bytes of child.stderr) {
      said += new TextDecoder().decode(bytes);
      // Once the first device is measured, it is well under way.
      if (said.includes("frames/s") && !isKilled) {
        isKilled = true;
        child.kill("SIGINT");
      }
    }
    expect(await child.exited).toBe(130);
    expect(said).toEndWith("aip: The calibration was interrupted: nothing was stored\n");
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.each([
    [["--source", "no.mp4"], "no.mp4"],
    [["--device", "ane", "--source", "demo"], "ane"],
    [["--for", "speed"], "--for must be throughput or latency"],
  ])("refuses %p with one sentence", async (flags, reason) => {
    using folder = new Folder();
    const { code, stderr } = await aipProcess(["calibrate", ...flags], { env: folder.env });
    expect(stderr).toMatch(/^aip: [^\n]+\n$/);
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });
});
