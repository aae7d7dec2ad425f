import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openOnnxSession } from "../src/backend/onnx.ts";
import { Provider } from "../src/layout/layout.gen.ts";
import { resolveModel } from "../src/model/catalog.ts";
import { describeModel } from "../src/model/model.ts";
import { sessionConfig } from "../src/model/session-config.ts";
import { inspectOnnx, onnxRuntimePath } from "../src/native/library.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import { warmUp } from "../src/pipeline/warm-up.ts";
import { deviceModel } from "../src/schedule/modelled-device.ts";
import { createScheduler } from "../src/schedule/schedule-spec.ts";
import { simulate } from "../src/schedule/simulator.ts";
import type { FrameGeometry } from "../src/types.ts";
import { withBatch } from "./batched-model.ts";
import type { Benchmark, BenchmarkOptions, Comparison, Way } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";

const SHARED = process.env["AIP_SHARED"] ?? fileURLToPath(new URL("../../shared", import.meta.url));
const NANO = join(SHARED, "models", "yolox_nano.onnx");
const SIZE_MAX = 8;
const CALL_SIZES = [2, 4, SIZE_MAX];
const ROUNDS = 7;
/** A device that gains: each further frame of a call costs three tenths of the first. */
const SERVICE_MS = 20;
const BATCH_COST = 0.3;
const SIZES = [1, 4, 8];
/** So long that it limits nothing. */
const GOAL_MS = 10_000;
const SLOTS = 24;
const FRAMES = 800;
const FRAMES_QUICK = 80;
const REAL_ROUNDS = 3;

const GEOMETRY: FrameGeometry = {
  width: 768,
  height: 432,
  pixelFormat: "yuv420p",
  colorMatrix: "bt709",
  colorRange: "limited",
};

/**
 * Several frames in one call: what a CPU thread gains by it, and what scheduling makes of a gain.
 */
export const batch: Benchmark = {
  name: "batch",
  summary: "1, 2, 4 and 8 frames in one call: the CPU, and a simulated device that gains",
  run,
};

async function run(options: BenchmarkOptions): Promise<Comparison[]> {
  const models = [
    { name: "demo", path: resolveModel("demo").path },
    { name: "YOLOX-Nano", path: NANO },
  ];
  const folder = mkdtempSync(join(tmpdir(), "aip-bench-"));
  try {
    const comparisons = models
      .filter(({ path }) => existsSync(path))
      .map((model) => onCpu(model, folder, options));
    return [...comparisons, await onSimulatedDevice(options)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Model {
  readonly name: string;
  readonly path: string;
}

/** Calls of each size on one CPU thread, pre- and post-processing included. */
function onCpu(model: Model, folder: string, { quick, progress }: BenchmarkOptions): Comparison {
  progress(`${model.name} on one CPU thread`);
  const path = join(folder, `${model.name}.onnx`);
  writeFileSync(path, withBatch(readFileSync(model.path), null));
  const { manifest } = resolveModel(model.path);
  const spec = describeModel(path, inspectOnnx(path), manifest);
  const config = sessionConfig(spec, {
    provider: Provider.cpu,
    threadCount: 1,
    batchSizeMax: SIZE_MAX,
  });
  const session = openOnnxSession({
    model: { path, bytes: null, config, providerOptions: null },
    onnxRuntimePath: onnxRuntimePath(),
    simulated: null,
  });
  const rates = new Map<string, number[]>();
  for (let round = 0; round < (quick ? 1 : ROUNDS); round += 1) {
    const times = new Map(
      CALL_SIZES.flatMap((size) => warmUp(session, size, session.payloadBytes, GEOMETRY).callsMs),
    );
    for (const [count, ms] of [...times].toSorted(([a], [b]) => a - b)) {
      const name = `${count} a call`;
      rates.set(name, [...(rates.get(name) ?? []), (1000 * count) / ms]);
    }
  }
  session.close();
  return compare({
    title: `${model.name} on one CPU thread`,
    unit: "frames/s",
    better: "higher",
    ways: [...rates].map(([name, values]) => ({ name, values })),
    claims: CALL_SIZES.map((count) => ({ of: `${count} a call`, to: "1 a call" })),
    notes: ["equal: the device gains nothing, and batch=auto leaves it at 1"],
  });
}

/** A whole pipeline on a device that gains, beside the simulator. */
async function onSimulatedDevice({ quick, progress }: BenchmarkOptions): Promise<Comparison> {
  const frames = quick ? FRAMES_QUICK : FRAMES;
  const runOn = (size: number) => async (): Promise<number> => {
    progress(`${frames} frames on real workers, ${size} a call`);
    const report = await new Pipeline({
      sources: "demo",
      devices: `sim:${SERVICE_MS}ms:batch=${size}:batch-cost=${BATCH_COST}`,
      latency: GOAL_MS,
      slots: SLOTS,
      frames,
      quiet: true,
    }).run();
    return report.throughput_fps;
  };
  const measured = await alternate(
    Object.fromEntries(SIZES.map((size) => [`${size} a call`, runOn(size)])),
    quick ? 1 : REAL_ROUNDS,
  );
  const simulated = SIZES.map(
    (size): Way => ({ name: `${size} a call, simulated`, values: [simulatedFps(size, frames)] }),
  );
  return compare({
    title: `a device of ${SERVICE_MS} ms, each further frame ${BATCH_COST * SERVICE_MS} ms more`,
    unit: "frames/s",
    better: "higher",
    ways: [...measured, ...simulated],
    claims: [
      { of: "4 a call", to: "1 a call", atLeast: 2 },
      { of: "8 a call", to: "1 a call", atLeast: 2.4 },
      ...SIZES.map((size) => ({ of: `${size} a call`, to: `${size} a call, simulated` })),
    ],
    notes: ["possible: 2.11 times as many by 4 a call, 2.58 by 8"],
  });
}

function simulatedFps(size: number, frames: number): number {
  const device = { serviceMs: SERVICE_MS, batch: size, batchCost: BATCH_COST, goalMs: GOAL_MS };
  return simulate({
    devices: [deviceModel({ ...device, expectedMs: SERVICE_MS })],
    sources: [{ frames, slots: SLOTS, drop: "never", arrivalMs: null }],
    scheduler: (states) => createScheduler("look-ahead", states),
  }).throughputFps;
}
