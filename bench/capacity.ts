import { syntheticClip } from "../src/planning/camera-clip.ts";
import { type PlannedCameras, planCameras } from "../src/planning/plan-cameras.ts";
import { type Verification, verifyPlan } from "../src/planning/verification.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { compare } from "./comparison.ts";

const SECONDS = 60;
const SECONDS_QUICK = 2;
/** Share of the promised cameras that a load has, where it names no number. */
const LOAD_SHARE = 0.5;
const MODEL = "demo";

/** Cameras before devices. */
interface Load {
  readonly name: string;
  readonly devices: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Null for a share of those that fit. */
  readonly cameras: number | null;
}

const LOADS: readonly Load[] = [
  {
    name: "20, 50 and 100 ms",
    devices: "sim:20ms:cv=0.3,sim:50ms:cv=0.3,sim:100ms:cv=0.3",
    width: 640,
    height: 360,
    fps: 15,
    cameras: 4,
  },
  {
    name: "4 × 10 ms",
    devices: "sim:10ms:cv=0.2:replicas=4",
    width: 640,
    height: 360,
    fps: 25,
    cameras: 8,
  },
  {
    name: "2 × 30 and 80 ms",
    devices: "sim:30ms:cv=0.6:replicas=2,sim:80ms:cv=0.1",
    width: 480,
    height: 270,
    fps: 10,
    cameras: 5,
  },
  { name: "this machine", devices: "auto", width: 1280, height: 720, fps: 15, cameras: null },
];

/** What plans predict beside what comes of them, and whether their promises hold. */
export const capacity: Benchmark = {
  name: "capacity",
  summary: "cameras as planned: predicted against measured, and the most that are promised",
  async run(options) {
    const comparisons: Comparison[] = [];
    const loads = options.quick ? LOADS.slice(0, 1) : LOADS;
    for (const load of loads) comparisons.push(...(await runLoad(load, options)));
    return comparisons;
  },
};

async function runLoad(load: Load, { quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  const seconds = quick ? SECONDS_QUICK : SECONDS;
  const { name, devices, fps } = load;
  await using clip = await syntheticClip(load);
  const demand = { fps, latencyMs: null };
  const planFor = (cameras: number | null): Promise<PlannedCameras> =>
    planCameras({ clip, cameras, demand, devices, model: MODEL, seconds });
  const verify = (planned: PlannedCameras, cameras: number): Promise<Verification> => {
    progress(`${name}: ${cameras} cameras for ${seconds} s`);
    const { combination, expectation } = planned.plan;
    return verifyPlan({
      clip,
      cameras,
      demand,
      slots: expectation.slots,
      devices: combination.devices,
      model: MODEL,
      seconds,
    });
  };
  progress(`${name}: planning`);
  const most = await planFor(null);
  const promised = most.plan.capacity.cameras;
  const cameras = load.cameras ?? Math.max(1, Math.floor(LOAD_SHARE * promised));
  const planned = await planFor(cameras);
  const measured = await verify(planned, cameras);
  const held = await verify(most, Math.max(1, promised));
  const tooMany = await verify(most, promised + 2);
  return [
    ...predictedAndMeasured(`${name}, ${cameras} cameras`, planned, measured),
    compare({
      title: `${name}: frames dropped by ${promised} cameras as promised, and by two more`,
      unit: "frames",
      better: "lower",
      ways: [
        { name: "as promised", values: [held.dropped] },
        { name: "two more", values: [tooMany.dropped] },
      ],
      claims: [],
      notes: [verdict(promised, held), verdict(promised + 2, tooMany)],
    }),
  ];
}

function predictedAndMeasured(
  title: string,
  { plan }: PlannedCameras,
  measured: Verification,
): Comparison[] {
  const { outcome } = plan.expectation;
  const side = (what: string, unit: string, predicted: number, value: number): Comparison =>
    compare({
      title: `${title}: ${what}`,
      unit,
      better: unit === "ms" ? "lower" : "higher",
      ways: [
        { name: "measured", values: [value] },
        { name: "predicted", values: [predicted] },
      ],
      claims: [{ of: "measured", to: "predicted" }],
      notes: [`${plan.combination.devices}: ${measured.fault ?? "held"}`],
    });
  return [
    side("throughput", "frames/s", outcome?.throughputFps ?? 0, measured.throughputFps),
    side("in-order p95", "ms", outcome?.latencyMs.p95 ?? 0, measured.latencyMs.p95),
  ];
}

function verdict(cameras: number, { fault }: Verification): string {
  return `${cameras} cameras: ${fault === null ? "held" : `did not hold, ${fault}`}`;
}
