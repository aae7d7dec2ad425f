import { expect, test } from "bun:test";
import { formatDoctorReport } from "../../src/cli/doctor-text.ts";
import type { DoctorReport, UnitReport } from "../../src/doctor/report.ts";

const unit = (device: string, more: Partial<UnitReport>): UnitReport => ({
  device,
  kind: device,
  role: "asked",
  instances: 1,
  description: "",
  software: false,
  placement: null,
  placement_failure: null,
  latency_ms: { p50: 8.1, p95: 8.6 },
  throughput_fps: 120,
  busy_cores: 1,
  processor_ms: 8,
  joules_per_frame: null,
  agreement: null,
  verdict: { status: "ok", text: "runs on the CPU" },
  ...more,
});

const report: DoctorReport = {
  healthy: false,
  system: {
    chip: "Apple M2",
    arch: "arm64",
    cores: 8,
    os: "macOS 15.1",
    virtual: false,
    memory_bytes: 16 * 2 ** 30,
    memory_free_bytes: 4 * 2 ** 30,
  },
  versions: { aip: "0.1.0", bun: "1.4.5", library: "0.1.0", layout: "0000abcd", onnxruntime: null },
  library: { path: "/lib.dylib", failure: null },
  devices: [
    {
      kind: "ane",
      available: false,
      software: false,
      provider: "CoreMLExecutionProvider",
      description: "not available",
      reason: "Core ML finds none",
      remedy: "another Mac",
    },
  ],
  video: {
    tools: [{ name: "ffmpeg", path: null, version: null }],
    codecs: [],
    missing_codecs: [],
    hardware: [],
  },
  caches: [{ name: "coreml", path: "/c/coreml", entries: 1, bytes: 2048, damaged: [] }],
  permissions: [{ name: "cameras", granted: null, detail: "none found" }],
  power: { source: "battery", low_power: true, thermal: "heavy", temperature_c: 71.6 },
  model: { name: "demo", path: "/demo.onnx" },
  units: [
    unit("cpu", { joules_per_frame: 0.012 }),
    unit("ane", {
      placement: {
        source: "compute-plan",
        operations: 262,
        shares: [
          { unit: "ane", operations: 260, share: 0.98 },
          { unit: "cpu", operations: 2, share: 0.02 },
        ],
        operators: [],
      },
      agreement: { pictures: 6, compared: 40, agreed: 3, similarity: null, agrees: false },
      verdict: { status: "failed", text: "its answers are not those of cpu" },
    }),
  ],
  together: { throughput_fps: 200, joules_per_frame: null },
  energy_remedy: null,
  problems: ["ffmpeg is missing"],
  notes: ["low-power mode is on"],
};

const lines = formatDoctorReport(report).split("\n");

test("formatDoctorReport() says what the machine is and lacks", () => {
  expect(lines).toContain("machine   Apple M2, 8 cores, arm64");
  expect(lines).toContain("          16.0 GiB memory, 4.0 GiB of it free");
  expect(lines).toContain("devices   ane: not available: Core ML finds none");
  expect(lines).toContain("            to get it: another Mac");
  expect(lines).toContain('cache     "/c/coreml": 1 entry, 2 KiB');
  expect(lines).toContain("power     on battery, low-power mode on, thermal pressure heavy, 72 °C");
});

test("formatDoctorReport() shows one line a device, figures aligned", () => {
  const [title = "", cpu = "", ane = "", together = ""] = lines.slice(
    lines.indexOf("model demo") + 1,
  );
  expect(title).toMatch(/^device +latency ms +p95 +frames\/s +cores +placement +answers$/);
  expect(cpu).toMatch(/^cpu +8\.1 +8\.6 +120\.0 +1\.0$/);
  expect(ane).toMatch(/^ane .* planned: 262 operations, ane 98 %, cpu 2 % +3 of 40 agree$/);
  expect(together).toMatch(/^together +200\.0$/);
  expect(cpu.indexOf("120.0")).toBe(ane.indexOf("120.0"));
});

test("formatDoctorReport() ends with verdicts, energy, problems, notes and the whole", () => {
  expect(lines.slice(-6)).toEqual([
    "cpu           runs on the CPU",
    "ane           FAILED: its answers are not those of cpu",
    "energy        cpu: 12.0 mJ a frame",
    "to put right  ffmpeg is missing",
    "note          low-power mode is on",
    "verdict       not what it says: ane",
  ]);
});
