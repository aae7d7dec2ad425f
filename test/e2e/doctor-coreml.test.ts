import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DoctorReport, UnitReport } from "../../src/doctor/report.ts";
import { hasStandIn, STAND_IN, unlessBuilt } from "../backend/coreml/stand-in.ts";
import { aipProcess } from "../cli/process.ts";

setDefaultTimeout(120_000);

const MODELS = join(import.meta.dir, "../../models");
/** Operators of the demo detector, without their opset: where all of them fall back, all is CPU. */
const OPERATORS = [
  ...["add", "cast", "concat", "conv", "max_pool", "mul", "relu", "reshape", "sigmoid", "silu"],
  ...[
    "resize_nearest_neighbor",
    "slice_by_index",
    "split",
    "transpose",
    "upsample_nearest_neighbor",
  ],
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-doctor-coreml-"));
  cpSync(join(MODELS, "demo.mlpackage"), join(folder, "demo.mlpackage"), { recursive: true });
  for (const name of ["demo.onnx", "demo.json"])
    copyFileSync(join(MODELS, name), join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Examines CPU and Neural Engine of a Core ML that suffers these faults. */
async function doctor(
  faults: string,
  limitSeconds = 60,
): Promise<{ code: number; ane: UnitReport }> {
  const words = ["--model", "demo.mlpackage", "--device", "cpu,ane", "--seconds", "0.5"];
  const { code, stdout, stderr } = await aipProcess(["doctor", "--json", "--quiet", ...words], {
    cwd: folder,
    env: {
      AIP_LIBRARY: STAND_IN,
      AIP_CACHE_DIR: join(folder, "cache"),
      AIP_STANDIN_FAULTS: faults,
      AIP_COREML_PROBE_SECONDS: String(limitSeconds),
    },
  });
  expect(stderr).not.toContain("aip: ");
  const { units } = JSON.parse(stdout) as DoctorReport;
  return { code: code as number, ane: units.find(({ kind }) => kind === "ane") as UnitReport };
}

describe.skipIf(!hasStandIn)(`aip doctor on a Core ML that computes on Linux${unlessBuilt}`, () => {
  test("a Neural Engine that is planned, quick and right agrees", async () => {
    // What computes here is the CPU; beside one that is busy for so long, the other leaves it idle.
    const { code, ane } = await doctor("cpu/predict-busy-ms=300,ane/predict-ms=60");
    expect(ane.placement).toMatchObject({ source: "compute-plan" });
    expect(ane.placement?.shares).toMatchObject([{ unit: "ane", share: 1 }]);
    expect(ane.agreement).toMatchObject({ agrees: true });
    expect(ane.verdict.status).toBe("ok");
    expect(ane.verdict.text).toStartWith("100 % of the work runs on the Neural Engine: latency ");
    expect(ane.verdict.text).toEndWith(" on CPU agrees");
    expect(code).toBe(0);
  });

  test.each([
    // Both take as much processor time, beside which what else they take does not count.
    ["as quick as the CPU", "cpu/predict-busy-ms=60,ane/predict-busy-ms=60"],
    // Quicker only than a CPU that sleeps as well, which takes no less of the processor for it.
    ["quicker than the CPU", "cpu/predict-ms=60,cpu/predict-busy-ms=60,ane/predict-busy-ms=60"],
  ])("one that is planned and right, %s and at its cost, is caught: exit 1", async (_, faults) => {
    const { code, ane } = await doctor(faults);
    expect(ane.placement?.shares).toMatchObject([{ unit: "ane", share: 1 }]);
    expect(ane.agreement).toMatchObject({ agrees: true });
    expect(ane.verdict.text).toStartWith("asked for the Neural Engine, but it ran on the CPU: ");
    expect(ane.verdict.text).toEndWith("though 100 % of the work is placed on the Neural Engine");
    expect(ane.verdict.status).toBe("failed");
    expect(code).toBe(1);
  });

  test("one on which nothing runs, as plan and latency say, is caught: exit 1", async () => {
    const standIn = { onnx: "demo.onnx", fallbacks: OPERATORS };
    writeFileSync(join(folder, "demo.mlpackage/standin.json"), JSON.stringify(standIn));
    rmSync(join(folder, "demo.onnx"));
    copyFileSync(join(MODELS, "demo.onnx"), join(folder, "demo.mlpackage/demo.onnx"));
    // Both are slowed alike, so that chance does not make one of them the quicker.
    const { code, ane } = await doctor("cpu/predict-ms=1000,ane/predict-ms=1000");
    expect(ane.placement?.shares).toMatchObject([{ unit: "cpu" }]);
    expect(ane.verdict.text).toStartWith("asked for the Neural Engine, but it ran on the CPU: 0 %");
    expect(ane.verdict.status).toBe("failed");
    expect(code).toBe(1);
  });

  test.each([
    ["ane/wrong", "it answered wrongly", 60],
    ["ane/load-crash", "it crashed", 60],
    ["ane/predict-hang", "it hung", 10],
  ])(
    "with %s the device fails, with the reason, and the CPU is measured: exit 1",
    async (faults, reason, limitSeconds) => {
      const { code, ane } = await doctor(faults, limitSeconds);
      expect(ane.verdict.status).toBe("failed");
      expect(ane.verdict.text).toStartWith("does not work: ");
      expect(ane.verdict.text).toContain(reason);
      expect(code).toBe(1);
    },
  );
});
