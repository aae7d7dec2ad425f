import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Benchmark, BenchmarkOptions, Comparison, Way } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";
import { findPython } from "./python.ts";
import { runSubject, type SubjectRun } from "./subject.ts";

const SHARED = process.env["AIP_SHARED"] ?? fileURLToPath(new URL("../../shared", import.meta.url));
const VIDEO = join(SHARED, "videos", "one-by-one-person-detection.mp4");
const MODEL = join(SHARED, "models", "yolox_nano.onnx");
/** The whole video. */
const FRAMES = 1394;
const ROUNDS = 5;
const QUICK_FRAMES = 40;
/** Of the bare loop at least. */
const ENGINE_SHARE = 0.89;
/** Of every other program at least. */
const PEER_SHARE = 1.02;

const OURS = "aip";
const BARE_NODE = "bare engine, onnxruntime-node, 2 Workers";
const BARE_PYTHON = "bare engine, Python, 2 threads";
const PYTHON_SHARED = "Python, 2 processes, shared memory";
const PYTHON_LOOP = "Python, one loop, 2 engine threads";
const NODE = "onnxruntime-node, 2 Workers, postMessage";

/** The full job: a video is decoded, every frame detected on, results come out in order. */
export const fullrun: Benchmark = {
  name: "fullrun",
  summary: "a video through a detector, against the bare engine and other programs",
  run,
};

async function run({ quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  const title = "768x432 H.264, YOLOX-Nano 416, decode to ordered results";
  const missing = [VIDEO, MODEL].filter((path) => !existsSync(path));
  if (missing.length > 0) {
    const notes = [`skipped: ${missing.join(" and ")} missing (AIP_SHARED names their folder)`];
    return [compare({ title, unit: "frames/s", better: "higher", ways: [], claims: [], notes })];
  }
  const frames = String(quick ? QUICK_FRAMES : FRAMES);
  const commands: Record<string, string[]> = {
    [OURS]: [process.execPath, script("fullrun-subject.ts"), VIDEO, MODEL, frames, "auto"],
    [BARE_NODE]: [process.execPath, script("baselines/bare-ort.ts"), MODEL, frames],
    [NODE]: [process.execPath, script("baselines/ort-node.ts"), VIDEO, MODEL, frames],
  };
  const notes: string[] = [];
  const python = await findPython(progress);
  if (python.path === null) notes.push(python.reason);
  else {
    const job = ["--video", VIDEO, "--model", MODEL, "--frames", frames];
    const full = [python.path, script("baselines/python_fullrun.py"), ...job];
    const bare = [python.path, script("baselines/bare_ort.py"), "--model", MODEL, "--runs", frames];
    commands[BARE_PYTHON] = bare;
    commands[PYTHON_SHARED] = [...full, "--way", "shared-memory"];
    commands[PYTHON_LOOP] = [...full, "--way", "loop"];
    notes.push(python.versions);
  }
  const runs = new Map<string, SubjectRun[]>(Object.keys(commands).map((name) => [name, []]));
  const measure = Object.entries(commands).map(([name, command]) => [
    name,
    async (): Promise<number> => {
      const subject = await runSubject(command);
      runs.get(name)?.push(subject);
      progress(`${name}: ${subject.fps.toFixed(1)} frames/s`);
      return subject.fps;
    },
  ]);
  const ways = await alternate(Object.fromEntries(measure), quick ? 1 : ROUNDS);
  for (const [name, [first]] of runs) {
    if (first?.detections !== undefined) notes.push(`${name}: ${first.detections} detections`);
    if (first?.devices !== undefined) notes.push(`${name}: on ${first.devices.join(", ")}`);
  }
  const cpu = ways.map(
    ({ name }): Way => ({
      name,
      values: (runs.get(name) ?? []).map((subject) => subject.cpuMsPerFrame),
    }),
  );
  return [
    compare({
      title,
      unit: "frames/s",
      better: "higher",
      ways,
      claims: [
        { of: OURS, to: BARE_NODE, atLeast: ENGINE_SHARE },
        { of: OURS, to: BARE_PYTHON, atLeast: ENGINE_SHARE },
        { of: OURS, to: PYTHON_SHARED, atLeast: PEER_SHARE },
        { of: OURS, to: PYTHON_LOOP, atLeast: PEER_SHARE },
        { of: OURS, to: NODE, atLeast: PEER_SHARE },
      ],
      notes,
    }),
    compare({
      title: "the same runs, processor time",
      unit: "ms a frame, all processes",
      better: "lower",
      ways: cpu,
      claims: [BARE_NODE, BARE_PYTHON, PYTHON_SHARED, NODE].map((to) => ({ of: OURS, to })),
      notes: ["a busy machine changes it least; what the start-up took is left out where known"],
    }),
  ];
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
