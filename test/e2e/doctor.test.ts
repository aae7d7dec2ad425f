import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import { discoverMachine } from "../../src/backend/discover.ts";
import type { DoctorReport } from "../../src/doctor/report.ts";
import { aipProcess } from "../cli/process.ts";

setDefaultTimeout(120_000);

const ROOT = join(import.meta.dir, "../..");
/** Another model than the demo's, whose answers are others. */
const OTHER = join(ROOT, "test/fixtures/models/yolov8.onnx");
const PACKAGE = join(ROOT, "models/demo.mlpackage");
const gpu = discoverMachine().devices.find(({ kind }) => kind === "gpu");

const schema = await Bun.file(join(ROOT, "docs/doctor.schema.json")).json();
const check = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

/** Runs the doctor for programs; its report must fit the schema. */
async function doctor(
  ...words: string[]
): Promise<{ code: number; report: DoctorReport; stderr: string }> {
  const folder = mkdtempSync(join(tmpdir(), "aip-doctor-test-"));
  try {
    const env = { AIP_CACHE_DIR: join(folder, "cache"), TMPDIR: folder };
    const { code, stdout, stderr } = await aipProcess(["doctor", "--json", ...words], {
      cwd: folder,
      env,
    });
    const report = JSON.parse(stdout) as DoctorReport;
    check(report);
    expect(check.errors).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
    return { code: code as number, report, stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("aip doctor", () => {
  test("the CPU runs all of the demo model, and is what it says", async () => {
    const { code, report, stderr } = await doctor(
      "--device",
      "cpu:threads=1:replicas=1",
      "--seconds",
      "0.5",
    );
    expect(stderr).toContain("examining cpu");
    const [unit, ...others] = report.units;
    expect(others).toEqual([]);
    expect(unit?.placement?.shares.map(({ unit, share }) => [unit, share])).toEqual([["cpu", 1]]);
    // The network has as many convolutions as its file; ONNX Runtime merges some other nodes.
    expect(unit?.placement?.operators[0]).toMatchObject({ operator: "Conv", unit: "cpu" });
    expect(unit?.latency_ms?.p50).toBeGreaterThan(0);
    expect(unit?.verdict.status).toBe("ok");
    expect([report.healthy, code]).toEqual([true, 0]);
  });

  test("a device that gives other answers is caught: exit 1, with the reason", async () => {
    const liar = `sim:1ms:model=${OTHER}`;
    const words = ["--device", `cpu:threads=1:replicas=1,${liar}`, "--seconds", "0.5"];
    const { code, report } = await doctor(...words);
    const [cpu, lying] = report.units;
    expect(cpu?.verdict.status).toBe("ok");
    expect(lying?.agreement?.agrees).toBe(false);
    expect(lying?.verdict).toMatchObject({ status: "failed" });
    expect(lying?.verdict.text).toContain("are not those of cpu");
    expect([report.healthy, code]).toEqual([false, 1]);
  });

  test("a device that gives the same answers is not, and the CPU is measured beside it", async () => {
    const { code, report } = await doctor("--device", "sim:1ms:model=demo", "--seconds", "0.5");
    expect(report.units.map(({ role }) => role)).toEqual(["reference", "asked"]);
    const agreement = report.units[1]?.agreement;
    expect(agreement?.compared).toBeGreaterThan(20);
    expect(agreement?.agreed).toBe(agreement?.compared as number);
    expect(code).toBe(0);
  });

  test("a device that dies on its pictures is named, and the others are measured", async () => {
    const words = ["--device", "cpu:threads=1,sim:1ms:model=demo:die-at=2", "--seconds", "0.5"];
    const { code, report } = await doctor(...words);
    expect(report.units[1]?.verdict.text).toStartWith("does not work: simulated device died");
    expect(report.units[0]?.throughput_fps).toBeGreaterThan(0);
    expect(code).toBe(1);
  });

  test("simulated devices alone need no model", async () => {
    const { code, report } = await doctor("--device", "sim:1ms", "--seconds", "0.2");
    expect(report.model).toBeNull();
    expect(report.units[0]?.verdict).toMatchObject({ status: "note" });
    expect(code).toBe(0);
  });

  test.skipIf(gpu?.available !== true)(
    "the GPU runs the demo model, and a software one says so",
    async () => {
      const words = ["--device", "cpu:threads=1:replicas=1,gpu", "--seconds", "0.5"];
      const { code, report } = await doctor(...words);
      const unit = report.units.find(({ kind }) => kind === "gpu");
      expect(unit?.placement?.shares[0]).toMatchObject({ unit: "gpu" });
      expect(unit?.agreement?.agrees).toBe(true);
      if (gpu?.software) expect(unit?.verdict.text).toStartWith("software: the CPU computes it");
      expect(report.together?.throughput_fps).toBeGreaterThan(0);
      expect(code).toBe(0);
    },
  );

  test("people get the same in text", async () => {
    const words = ["doctor", "--device", "sim:1ms", "--seconds", "0.2", "--quiet"];
    const { code, stdout, stderr } = await aipProcess(words);
    expect(stdout).toContain("simulated, ");
    expect(stdout).toMatch(/^verdict\s+every device is what it says$/m);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  test("without the native library it says what is missing", async () => {
    const env = { AIP_LIBRARY: "/nonexistent/library.so" };
    const { code, stdout } = await aipProcess(["doctor", "--json"], { env });
    const report = JSON.parse(stdout) as DoctorReport;
    expect(check(report)).toBe(true);
    expect(report.problems[0]).toContain('"/nonexistent/library.so" is missing');
    expect(code).toBe(1);
  });

  test.each([
    [["--model", "missing.onnx"], "no such file"],
    ...(process.platform === "darwin"
      ? []
      : [[["--model", PACKAGE], "Core ML models run on a Mac"]]),
    [["--device", "sim"], "service time"],
    [["--seconds", "0"], "above 0"],
    [["--seconds", "soon"], "number of seconds"],
    [["demo"], "Unexpected"],
    [["--device", "warp-drive"], "warp-drive"],
  ] as [string[], string][])("%p is refused in one sentence", async (words, part) => {
    const { code, stdout, stderr } = await aipProcess(["doctor", ...words]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain(part);
  });
});
