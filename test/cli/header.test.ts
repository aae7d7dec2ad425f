import { expect, test } from "bun:test";
import type { DeviceInstance } from "../../src/backend/backend.ts";
import { formatHeader } from "../../src/cli/header.ts";
import type { RunInfo } from "../../src/pipeline/options.ts";

const device = (id: string, description: string): DeviceInstance => ({
  id,
  kind: "cpu",
  description,
  weight: 1,
  expectedMs: 0,
  task: { model: null, onnxRuntimePath: null, simulated: null },
});

const source = (name: string, description: string, frameCount?: number): unknown => ({
  name,
  info: { description, ...(frameCount !== undefined && { frameCount }) },
});

const info = (more: Partial<RunInfo>): RunInfo => ({
  sources: [source("car", "h264 768×432", 377)] as RunInfo["sources"],
  devices: [device("cpu-0", "CPU, 1 thread"), device("cpu-1", "CPU, 1 thread")],
  schedule: "pull",
  model: "nano",
  labels: ["car", "bus"],
  slotCount: 10,
  frameCount: 377,
  ...more,
});

test("formatHeader() says what runs, on what, and groups devices that are alike", () => {
  expect(formatHeader("0.1.0", info({}))).toBe(
    [
      "aip 0.1.0   model nano (2 classes)   schedule pull   10 slots a source",
      "source      car: h264 768×432, 377 frames",
      "devices     cpu-0, cpu-1 (CPU, 1 thread)",
    ].join("\n"),
  );
});

test("formatHeader() gives every source and every other device its line", () => {
  const sources = [source("a", "demo"), source("b", "demo")] as RunInfo["sources"];
  const devices = [device("cpu-0", "CPU"), device("sim-0", "simulated, 20 ms a frame")];
  expect(formatHeader("0.1.0", info({ sources, devices, model: null, labels: [] }))).toBe(
    [
      "aip 0.1.0   no model   schedule pull   10 slots a source",
      "source      a: demo",
      "            b: demo",
      "devices     cpu-0 (CPU)",
      "            sim-0 (simulated, 20 ms a frame)",
    ].join("\n"),
  );
});
