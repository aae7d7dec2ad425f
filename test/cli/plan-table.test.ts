import { describe, expect, test } from "bun:test";
import { planToJson } from "../../src/cli/plan-json.ts";
import { formatPlan, formatVerdict, type PlanFigures } from "../../src/cli/plan-table.ts";
import { comparisonOf, formatVerification } from "../../src/cli/verification-table.ts";
import type { Verification } from "../../src/planning/verification.ts";
import type { CapacityLimit } from "../../src/schedule/capacity.ts";

function figures(given: {
  readonly asked?: number | null;
  readonly cameras?: number;
  readonly most?: number;
  readonly limit?: CapacityLimit | null;
  readonly boundMs?: number;
  readonly serviceMs?: number;
}): PlanFigures {
  const { asked = null, cameras = 5, most = 5, limit = null, boundMs = null } = given;
  const { serviceMs = 20 } = given;
  return {
    plan: {
      combination: {
        devices: "cpu:threads=1:replicas=2",
        instances: ["cpu-0", "cpu-1"].map((id) => ({
          id,
          serviceMs,
          cv: 0.1,
          processorMs: 20,
        })),
        memoryBytes: 100 * 2 ** 20,
      },
      expectation: {
        cameras,
        limit,
        slots: 32,
        outcome: {
          throughputFps: 75,
          latencyMs: { p50: 24.1, p95: 35, p99: 41.2 },
          droppedRatio: 0,
          busyRatios: [0.9, 0.9],
        },
        services: [
          { serviceMs: 24, cv: 0.2 },
          { serviceMs: 24, cv: 0.2 },
        ],
        rateFps: 83,
        cores: { cameras: 0.25, inference: 1.5 },
        memoryBytes: { slots: 115 * 2 ** 20, total: 512 * 2 ** 20 },
      },
      capacity: { cameras: most, limit: "inference" },
      headroom: 0.1,
      latencyBoundMs: boundMs,
    },
    asked,
    model: "yolox_nano.onnx",
    format: { width: 1280, height: 720, fps: 15 },
    demand: { fps: 15, latencyMs: 200 },
    camera: {
      decodeMs: 2.7,
      pacedDecodeMs: 2.7,
      decoderStartMs: 0,
      rhythm: [1],
      readMs: 0.6,
      memoryBytes: 60 * 2 ** 20,
      pictureBytes: 1_382_400,
    },
    clip: "synthetic h264 1280×720, 2,074 kbit/s",
    cores: 2,
  };
}

const measured: Verification = {
  throughputFps: 74.9,
  latencyMs: { p50: 24.1, p95: 36.4, p99: 40 },
  frames: 4650,
  dropped: 0,
  failed: 0,
  fault: null,
};

test("formatPlan() passes a latency asked for on to devices that take several frames in a call", () => {
  const planned = figures({ asked: 5 });
  const { combination } = planned.plan;
  const instances = combination.instances.map((one) => ({ ...one, batch: 4, batchCost: 0.3 }));
  const batched = {
    ...planned,
    plan: { ...planned.plan, combination: { ...combination, instances } },
  };
  expect(formatPlan(batched)).toContain("--slots 32 --latency 200\n");
});

test("formatPlan() says what runs, what it costs and what comes of it", () => {
  expect(formatPlan(figures({ asked: 5 }))).toBe(
    [
      "cameras     5 × 1280×720 at 15 fps: 75.0 fps, 95 of 100 frames within 200 ms",
      "decoding    2.7 ms, and reading 0.6 ms of processor time a frame (synthetic h264 1280×720, 2,074 kbit/s)",
      "devices     cpu:threads=1:replicas=2: 2 × 20.0 ms (beside the cameras 24.0 ms) a frame",
      "expected    75.0 fps   in-order latency p50 24.1   p95 35.0   p99 41.2 ms   no frame dropped",
      "processor   1.8 of 2 cores: inference 1.5, cameras 0.3",
      "memory      512 MiB, of which slots 115 MiB: 32 for each camera, 2.1 s of its frames",
      "headroom    10 %: at most 5 cameras",
      "command     aip run CAMERA… --model yolox_nano.onnx --device cpu:threads=1:replicas=2 --slots 32",
      "",
      "yes: 5 cameras fit",
    ].join("\n"),
  );
});

test.each([
  ["decoding", "expected    the decoders would fall behind"],
  ["memory", "expected    it would not start"],
] as const)("formatPlan() says what becomes of cameras beyond the limit of %s", (limit, line) => {
  const given = figures({ asked: 18, cameras: 18, limit });
  const expectation = { ...given.plan.expectation, outcome: null, services: [] };
  const lines = formatPlan({ ...given, plan: { ...given.plan, expectation } }).split("\n");
  expect(lines).toContain(line);
});

test("formatPlan() promises nothing where not one camera fits", () => {
  const given = figures({ cameras: 1, most: 0, limit: "latency", boundMs: 250, serviceMs: 250 });
  const lines = formatPlan(given).split("\n");
  expect(lines).toContain("headroom    none: not one camera fits");
  const expected = lines.find((line) => line.startsWith("expected"));
  expect(expected).toEndWith("p99 41.2 ms   no frame dropped, but too late");
});

describe("formatVerdict()", () => {
  test.each([
    [figures({ asked: null }), "5 cameras fit, inference is the limit"],
    [figures({ asked: 3, cameras: 3 }), "yes: 3 cameras fit"],
    [figures({ asked: 1, cameras: 1 }), "yes: 1 camera fits"],
    [
      figures({ asked: 18, cameras: 18, most: 12, limit: "decoding" }),
      "no: 12 cameras fit, decoding is the limit",
    ],
    [
      figures({ asked: 4, cameras: 4, most: 1, limit: "latency" }),
      "no: 1 camera fits, the latency asked for is the limit",
    ],
    [
      figures({ asked: null, cameras: 1, most: 0, limit: "memory" }),
      "no: not one camera fits, memory is the limit",
    ],
    [
      figures({ asked: 2, most: 0, limit: "latency", boundMs: 250, serviceMs: 250 }),
      "no: a frame takes 250 ms on the fastest device, so none can be answered within 200 ms",
    ],
    [
      figures({ asked: 2, most: 0, limit: "latency", boundMs: 200.13, serviceMs: 200 }),
      "no: even of a single camera, 95 of 100 frames take up to 200.2 ms, " +
        "more than the 200 ms asked for",
    ],
  ])("%#", (given, sentence) => {
    expect(formatVerdict(given)).toBe(sentence);
  });
});

describe("formatVerification()", () => {
  test("shows predicted beside measured", () => {
    expect(formatVerification(figures({}).plan, measured, 60)).toBe(
      [
        "verified    60 s              predicted   measured   deviation",
        "            frames a second        75.0       74.9      -0.1 %",
        "            latency p50, ms        24.1       24.1       0.0 %",
        "            latency p95, ms        35.0       36.4      +4.0 %",
        "            latency p99, ms        41.2       40.0      -2.9 %",
        "            frames dropped          0 %        0 %       0.0 %",
        "",
        "held",
      ].join("\n"),
    );
  });

  test("says why it did not hold", () => {
    const fault = "31 of 4650 frames were dropped";
    const text = formatVerification(figures({}).plan, { ...measured, dropped: 31, fault }, 60);
    expect(text).toEndWith(`did not hold: ${fault}`);
    expect(text).toContain("frames dropped          0 %        1 %           –");
  });
});

test("planToJson() holds the same for programs", () => {
  const json = JSON.parse(planToJson(figures({ asked: 5 }), measured));
  expect(json).toMatchObject({
    fits: true,
    verdict: "yes: 5 cameras fit",
    cameras_asked: 5,
    cameras_max: 5,
    limit: "inference",
    devices: "cpu:threads=1:replicas=2",
    slots: 32,
    expected: { throughput_fps: 75, in_order_latency_ms: { p95: 35 } },
    verification: { held: true, fault: null, throughput_fps: 74.9 },
  });
  expect(json.verification.deviations["latency p95, ms"]).toBeCloseTo(0.04, 6);
  expect(JSON.parse(planToJson(figures({}), null)).verification).toBeUndefined();
});

test("comparisonOf() has no prediction where no frame was expected to get that far", () => {
  const { plan } = figures({});
  const lost = { ...plan, expectation: { ...plan.expectation, outcome: null } };
  expect(comparisonOf(lost, measured).map(({ predicted }) => predicted)).toEqual(
    new Array(5).fill(null),
  );
});
