import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Benchmark, BenchmarkOptions, Comparison, Way } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";
import { runSubject } from "./subject.ts";

const SHARED = process.env["AIP_SHARED"] ?? fileURLToPath(new URL("../../shared", import.meta.url));
const VIDEO = join(SHARED, "videos", "one-by-one-person-detection.mp4");
const MODEL = join(SHARED, "models", "yolox_nano.onnx");
const SUBJECT = fileURLToPath(new URL("fullrun-subject.ts", import.meta.url));
/** What is looked for is smaller than what the machine's speed changes by from run to run. */
const ROUNDS = 9;
/** What a timeline may cost of the full job. */
const SHARE_LEFT = 0.97;

const WITH = "with a timeline";
const WITHOUT = "without";

/** A job to be run with and without a timeline. */
interface Job {
  readonly title: string;
  readonly source: string;
  readonly model: string;
  readonly devices: string;
  readonly frames: number;
  readonly quickFrames: number;
  readonly atLeast?: number;
}

const FULL_JOB: Job = {
  title: "768x432 H.264, YOLOX-Nano 416, decode to ordered results",
  source: VIDEO,
  model: MODEL,
  devices: "cpu",
  frames: 1394,
  quickFrames: 40,
  atLeast: SHARE_LEFT,
};

const FAST_JOB: Job = {
  title: "the demo at 320x180 on simulated devices, about 2,000 frames/s",
  source: "demo:size=320x180:frames=8000",
  model: "demo",
  devices: "sim:1ms,sim:1ms",
  frames: 8000,
  quickFrames: 500,
};

/** What `--trace` costs. */
export const trace: Benchmark = {
  name: "trace",
  summary: "runs that write a timeline, against the same without",
  run,
};

async function run(options: BenchmarkOptions): Promise<Comparison[]> {
  const missing = [VIDEO, MODEL].filter((path) => !existsSync(path));
  if (missing.length === 0) {
    return [...(await measure(FULL_JOB, options)), ...(await measure(FAST_JOB, options))];
  }
  const { title } = FULL_JOB;
  const notes = [`skipped: ${missing.join(" and ")} missing (AIP_SHARED names their folder)`];
  return [
    compare({ title, unit: "frames/s", better: "higher", ways: [], claims: [], notes }),
    ...(await measure(FAST_JOB, options)),
  ];
}

async function measure(job: Job, { quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  const { title, source, model, devices, atLeast } = job;
  const frames = quick ? job.quickFrames : job.frames;
  const folder = mkdtempSync(join(tmpdir(), "aip-bench-trace-"));
  const path = join(folder, "trace.json");
  const cpuMs = new Map<string, number[]>([
    [WITH, []],
    [WITHOUT, []],
  ]);
  const subject = async (name: string, files: readonly string[]): Promise<number> => {
    const words = [
      process.execPath,
      SUBJECT,
      source,
      model,
      String(frames),
      devices,
      "auto",
      ...files,
    ];
    const { fps, cpuMsPerFrame } = await runSubject(words);
    cpuMs.get(name)?.push(cpuMsPerFrame);
    progress(`${name}: ${fps.toFixed(1)} frames/s, ${cpuMsPerFrame.toFixed(3)} ms a frame`);
    return fps;
  };
  try {
    const ways = await alternate(
      { [WITH]: () => subject(WITH, [path]), [WITHOUT]: () => subject(WITHOUT, []) },
      quick ? 1 : ROUNDS,
    );
    const claims = [{ of: WITH, to: WITHOUT, ...(atLeast !== undefined && { atLeast }) }];
    const bytes = Math.round(statSync(path).size / frames);
    const notes = [`${bytes} bytes of timeline a frame`];
    const cpu = [...cpuMs].map(([name, values]): Way => ({ name, values }));
    return [
      compare({ title, unit: "frames/s", better: "higher", ways, claims, notes }),
      compare({
        title: "the same runs, processor time",
        unit: "ms a frame, all processes",
        better: "lower",
        ways: cpu,
        claims,
      }),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
