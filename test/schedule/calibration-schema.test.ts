import { describe, expect, test } from "bun:test";
import { chosenCandidate } from "../../src/schedule/calibration.ts";
import { parseCalibration } from "../../src/schedule/calibration-schema.ts";
import { sampleCalibration } from "./sample-calibration.ts";

describe("parseCalibration()", () => {
  test("reads what was written", () => {
    const sample = sampleCalibration();
    expect(parseCalibration(JSON.stringify(sample))).toEqual(sample);
  });

  test.each([
    ["", "it is no JSON, or cut short"],
    [JSON.stringify(sampleCalibration()).slice(0, 200), "it is no JSON, or cut short"],
    ["null", "it holds no calibration"],
    [
      JSON.stringify({ ...sampleCalibration(), format: 99 }),
      "it is of another version (format 99)",
    ],
    [JSON.stringify({ ...sampleCalibration(), goal: "speed" }), 'its "goal" makes no sense'],
    [
      JSON.stringify({ ...sampleCalibration(), base_memory_mb: -1 }),
      'its "base_memory_mb" makes no sense',
    ],
    [JSON.stringify(sampleCalibration({ candidates: [] })), "it holds no measured devices"],
    [
      JSON.stringify(sampleCalibration({ chosen: { throughput: "gpu", latency: "gpu" } })),
      'its choice for throughput, "gpu", is none of those measured',
    ],
    [
      JSON.stringify(sampleCalibration()).replace(
        '"service_ms":{"mean":21',
        '"service_ms":{"mean":0',
      ),
      'its "candidates.0.instances.0.service_ms.mean" makes no sense',
    ],
    [
      JSON.stringify(sampleCalibration()).replace('"low":46', '"low":4600'),
      'its "candidates.0.throughput_fps" makes no sense',
    ],
  ])("refuses %.20s", (text, message) => {
    expect(() => parseCalibration(text)).toThrow(message);
  });
});

test("parseCalibration() reads a quick one that had no time to measure anything", () => {
  const sample = sampleCalibration({ quick: true, candidates: [], noise: null });
  expect(parseCalibration(JSON.stringify(sample))).toEqual(sample);
});

describe("chosenCandidate()", () => {
  test("is what was measured of the choice", () => {
    const sample = sampleCalibration({ goal: "latency" });
    expect(chosenCandidate(sample)?.throughput_fps.mean).toBe(74);
    expect(chosenCandidate(sample, "throughput")?.throughput_fps.mean).toBe(94);
  });

  test("is undefined where nothing was measured", () => {
    expect(chosenCandidate(sampleCalibration({ candidates: [] }))).toBeUndefined();
  });
});
