import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";
import { runSubject, type SubjectRun } from "./subject.ts";

const SHARED = process.env["AIP_SHARED"] ?? fileURLToPath(new URL("../../shared", import.meta.url));
const VIDEO = join(SHARED, "videos", "one-by-one-person-detection.mp4");
const MODEL = join(SHARED, "models", "yolox_nano.onnx");
const SUBJECT = fileURLToPath(new URL("start-subject.ts", import.meta.url));
const ROUNDS = 9;
const LIMIT_MS = 300;
const OURS = "to the first inference, model load excluded";
const LIMIT = `the limit, ${LIMIT_MS} ms`;

/**
 * A run's start with a stored calibration: what stands between the user and the first inference.
 */
export const start: Benchmark = {
  name: "start",
  summary: "start of a run with a stored calibration, to its first inference",
  run,
};

async function run({ quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  const video = existsSync(VIDEO) ? VIDEO : "demo";
  const model = existsSync(MODEL) ? MODEL : "demo";
  const cache = mkdtempSync(join(tmpdir(), "aip-bench-"));
  const loads: number[] = [];
  const measure = async (): Promise<number> => {
    const report = await runSubject([process.execPath, SUBJECT, video, model], {
      AIP_CACHE_DIR: cache,
    });
    const { startMs, loadMs } = report as SubjectRun & {
      readonly startMs: number;
      readonly loadMs: number;
    };
    progress(`${startMs.toFixed(0)} ms, and ${loadMs.toFixed(0)} ms for the model`);
    loads.push(loadMs);
    return startMs;
  };
  try {
    progress("a first run calibrates");
    await measure();
    const ways = await alternate({ [OURS]: measure, [LIMIT]: () => LIMIT_MS }, quick ? 1 : ROUNDS);
    return [
      compare({
        title: `start with a stored calibration, ${video === VIDEO ? "a video file" : "demo"}`,
        unit: "ms",
        better: "lower",
        ways: [...ways, { name: "loading the model", values: loads }],
        claims: [{ of: OURS, to: LIMIT, atLeast: 1 }],
      }),
    ];
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}
