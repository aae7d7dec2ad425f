import { describe, expect, test } from "bun:test";
import { linesOf, plotCalibration } from "../../src/cli/calibration-plot.ts";
import { candidate, sampleCalibration } from "../schedule/sample-calibration.ts";

const saturated = [
  candidate("gpu:replicas=2", { fps: [20, 1], ms: [100, 2], instances: 2, kind: "gpu" }),
  candidate("gpu:replicas=1", { fps: [20, 1], ms: [50, 2], kind: "gpu" }),
  candidate("cpu:threads=1:replicas=1,gpu:replicas=1", { fps: [60, 1], instances: 2 }),
];

describe("linesOf()", () => {
  test("one line for each device, one for devices together, by the number of instances", () => {
    expect(
      linesOf(saturated).map(({ name, points }) => [
        name,
        points.map(({ instances, latencyMs }) => [instances, latencyMs.mean]),
      ]),
    ).toEqual([
      [
        "gpu",
        [
          [1, 50],
          [2, 100],
        ],
      ],
      ["cpu:threads=1 + gpu", [[2, 20]]],
    ]);
  });
});

describe("plotCalibration()", () => {
  const svg = plotCalibration(sampleCalibration({ candidates: saturated }));

  test("is an SVG document with a point and an interval for every candidate, in both panels", () => {
    expect(svg).toStartWith('<svg xmlns="http://www.w3.org/2000/svg"');
    expect(svg.trimEnd()).toEndWith("</svg>");
    // Three candidates in two panels.
    expect(svg.match(/<circle /g)).toHaveLength(3 * 2);
    expect(svg).not.toContain("NaN");
  });

  test("is wide enough for long names", () => {
    const widthOf = (devices: string): number => {
      const candidates = [candidate(devices, { fps: [20, 1] })];
      const drawn = plotCalibration(sampleCalibration({ candidates }));
      return Number(/viewBox="0 0 (\d+)/.exec(drawn)?.[1]);
    };
    // 104 letters instead of 3, each of at least 5 pixels.
    const long = `sim:20ms${":batch=4".repeat(12)}`;
    expect(widthOf(long)).toBeGreaterThan(widthOf("gpu:replicas=1") + 100 * 5);
  });

  test("draws what there would be without contention", () => {
    // For the GPU alone, once a panel: one point has no line.
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(2);
  });

  test("names machine, axes and series; markup in names is text", () => {
    expect(svg).toContain("Example 9000, 2 cores, input 416x416");
    expect(svg).toContain("throughput, frames/s");
    expect(svg).toContain("latency of a frame (median), ms");
    const named = sampleCalibration({ candidates: [candidate("a<b&c", { fps: [1, 0] })] });
    expect(plotCalibration(named)).toContain("a&lt;b&amp;c");
  });
});
