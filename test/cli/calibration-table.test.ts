import { expect, test } from "bun:test";
import { formatCalibration } from "../../src/cli/calibration-table.ts";
import { candidate, sampleCalibration } from "../schedule/sample-calibration.ts";

test("formatCalibration() gives every candidate a line, and marks the chosen ones", () => {
  const lines = formatCalibration(sampleCalibration()).split("\n");
  expect(lines[0]?.split(/\s{2,}/)).toEqual([
    "devices",
    "frames/s",
    "± 95 %",
    "p50",
    "p95 ms",
    "memory",
  ]);
  const [first, second, third] = lines.slice(1, 4);
  expect(first?.split(/\s{2,}/)).toEqual([
    "cpu:threads=1:replicas=1",
    "47.0",
    "1.0",
    "21.0",
    "25.2",
    "30 MiB",
  ]);
  expect(second).toEndWith("60 MiB   throughput");
  expect(third).toEndWith("latency");
  expect(lines).toContain("throughput  cpu:threads=1:replicas=2: 94.0 frames/s");
  expect(lines).toContain("latency     cpu:threads=2:replicas=1: 13.5 ms a frame");
});

test("formatCalibration() says what share of its frames a device failed", () => {
  const failing = { ...candidate("gpu:replicas=1", { fps: [50, 1] }), failed_share: 0.052 };
  const text = formatCalibration(sampleCalibration({ candidates: [failing] }));
  expect(text).toContain("failed      gpu:replicas=1: 5.2 % of its frames, not counted");
  expect(formatCalibration(sampleCalibration())).not.toContain("failed");
});

test("formatCalibration() says what is simulated, what was left out and what decoding costs", () => {
  const text = formatCalibration(
    sampleCalibration({
      candidates: [candidate("sim:20ms:replicas=1", { fps: [50, 1], kind: "sim" })],
      left_out: [{ devices: "gpu:replicas=1", reason: "it gave no answer in 5 s" }],
      decode: {
        source: "car",
        width: 768,
        height: 432,
        ingest: "scaled 768x432 → 416x234",
        cpu_ms: 1.8,
        cpu_ms_per_megapixel: 5.4,
        throughput_fps: 520,
      },
    }),
  );
  expect(text).toContain("sim:20ms:replicas=1 (simulated)");
  expect(text).toContain("left out    gpu:replicas=1: it gave no answer in 5 s");
  expect(text).toContain(
    "decoding    car: 1.8 ms of processor time a frame (scaled 768×432 → 416×234), 520.0 frames/s",
  );
});
