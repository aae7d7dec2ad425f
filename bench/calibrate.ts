import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runtimeError } from "../src/errors.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import type { Calibration, CalibrationGoal } from "../src/schedule/calibration.ts";
import { parseCalibration } from "../src/schedule/calibration-schema.ts";
import { patternSource } from "../src/source/pattern.ts";
import type { Benchmark, BenchmarkOptions, Comparison, Way } from "./benchmark.ts";
import { compare, median } from "./comparison.ts";

const SHARED = process.env["AIP_SHARED"] ?? fileURLToPath(new URL("../../shared", import.meta.url));
const MODEL = join(SHARED, "models", "yolox_nano.onnx");
const MAIN = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const FRAMES = 150;
const QUICK_FRAMES = 12;
const ROUNDS = 5;
const CHOSEN = "what aip calibrate chose";
const BEST = "best of the sweep";
/** The choice against the best. */
const CLAIM = 0.97;

/** What calibration chose against every combination there is, each run as a pipeline. */
export const calibrate: Benchmark = {
  name: "calibrate",
  summary: "what aip calibrate chose against an exhaustive sweep of pipelines",
  run,
};

/** Figures of one pipeline. */
interface Figures {
  readonly throughput: number;
  /** Median time of a frame on its device, in ms. */
  readonly latency: number;
}

async function run({ quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  const model = existsSync(MODEL) ? MODEL : "demo";
  const notes =
    model === MODEL ? [] : [`YOLOX-Nano is missing (AIP_SHARED): the demo model instead`];
  progress("calibrating");
  const calibration = await calibrated(model, quick ? "1" : "30");
  const devices = sweepOf(calibration);
  const figures = new Map<string, Figures[]>(devices.map((device) => [device, []]));
  const rounds = quick ? 1 : ROUNDS;
  for (let round = 0; round < rounds; round += 1) {
    for (const device of devices) {
      const measured = await pipeline(model, device, quick ? QUICK_FRAMES : FRAMES);
      figures.get(device)?.push(measured);
      const { throughput, latency } = measured;
      progress(`${device}: ${throughput.toFixed(1)} frames/s, ${latency.toFixed(1)} ms`);
    }
  }
  return (["throughput", "latency"] as const).map((goal) =>
    comparison(goal, calibration.chosen[goal], figures, notes),
  );
}

/** The whole command, as a user runs it, with a cache of its own. */
async function calibrated(model: string, seconds: string): Promise<Calibration> {
  const folder = mkdtempSync(join(tmpdir(), "aip-bench-"));
  try {
    const output = join(folder, "calibration.json");
    const words = ["calibrate", model, "--device", "cpu", "--seconds", seconds, "--output", output];
    const child = Bun.spawn([process.execPath, MAIN, ...words, "--quiet"], {
      env: { ...process.env, AIP_CACHE_DIR: folder },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const errors = await new Response(child.stderr).text();
    if ((await child.exited) !== 0) throw runtimeError("bench-subject", errors.trim());
    return parseCalibration(readFileSync(output, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every number of threads with every number of replicas, one more than the cores included. */
function sweepOf(calibration: Calibration): readonly string[] {
  const cores = availableParallelism();
  const devices = new Set(Object.values(calibration.chosen));
  for (let threads = 1; threads <= cores; threads += 1) {
    for (let replicas = 1; replicas * threads <= cores + 1; replicas += 1) {
      devices.add(`cpu:threads=${threads}:replicas=${replicas}`);
    }
  }
  return [...devices].sort();
}

async function pipeline(model: string, device: string, frames: number): Promise<Figures> {
  const source = patternSource({ width: 768, height: 432, frameCount: frames, write: false });
  const report = await new Pipeline({
    sources: [source],
    model,
    devices: device.split(","),
    quiet: true,
  }).run();
  const answered = report.devices.filter((one) => one.frames > 0);
  const total = answered.reduce((sum, one) => sum + one.frames, 0);
  const latency = answered.reduce((sum, one) => sum + one.latency_ms.p50 * one.frames, 0) / total;
  return { throughput: report.throughput_fps, latency };
}

function comparison(
  goal: CalibrationGoal,
  chosen: string,
  figures: ReadonlyMap<string, readonly Figures[]>,
  notes: readonly string[],
): Comparison {
  const better = goal === "throughput" ? "higher" : "lower";
  const ways = [...figures].map(
    ([name, rounds]): Way => ({ name, values: rounds.map((round) => round[goal]) }),
  );
  const sign = better === "higher" ? -1 : 1;
  const [best] = ways.toSorted((a, b) => sign * (median(a.values) - median(b.values)));
  const own = ways.find(({ name }) => name === chosen);
  if (best === undefined || own === undefined) throw new TypeError("the sweep lacks the choice");
  return compare({
    title: `${goal}: ${chosen}`,
    unit: goal === "throughput" ? "frames/s" : "ms, median of a frame",
    better,
    ways: [{ ...own, name: CHOSEN }, { ...best, name: BEST }, ...ways],
    claims: [{ of: CHOSEN, to: BEST, atLeast: CLAIM }],
    notes: [`the best of the sweep is ${best.name}`, ...notes],
  });
}
