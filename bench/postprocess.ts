import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FrameGeometry } from "../src/types.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";
import { constantModel } from "./constant-model.ts";
import { ConstantSession } from "./constant-session.ts";
import { CROWD_SIZE, type CrowdHead, crowd } from "./crowd.ts";
import { findPython, type Python } from "./python.ts";

const HEADS: readonly CrowdHead[] = ["yolox", "yolov8"];
const OBJECT_COUNTS = [0, 10, 60];
const ROUNDS = 5;
const FRAMES = 300;
const QUICK_FRAMES = 20;

/** A picture that needs no scaling. */
const PICTURE: FrameGeometry = {
  width: CROWD_SIZE,
  height: CROWD_SIZE,
  pixelFormat: "rgb24",
  colorMatrix: "bt601",
  colorRange: "full",
};

const OURS = "aip";
const NUMPY = "numpy";

/** A detector's output to boxes: decoding and class-wise NMS, as every frame passes them. */
export const postprocess: Benchmark = {
  name: "postprocess",
  summary: "decode heads and NMS, against numpy",
  run,
};

async function run(options: BenchmarkOptions): Promise<Comparison[]> {
  const python = await findPython(options.progress);
  const folder = mkdtempSync(join(tmpdir(), "aip-bench-"));
  const comparisons: Comparison[] = [];
  try {
    for (const head of HEADS) {
      for (const objects of OBJECT_COUNTS) {
        options.progress(`${head}, ${objects} objects`);
        comparisons.push(await decoding({ head, objects, folder, python, ...options }));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return comparisons;
}

interface Work extends BenchmarkOptions {
  readonly head: CrowdHead;
  readonly objects: number;
  readonly folder: string;
  readonly python: Python;
}

async function decoding({ head, objects, folder, python, quick }: Work): Promise<Comparison> {
  const tensor = crowd(head, objects);
  const model = join(folder, `${head}-${objects}.onnx`);
  const values = join(folder, `${head}-${objects}.f32`);
  writeFileSync(model, constantModel(CROWD_SIZE, tensor));
  writeFileSync(values, tensor.values);
  const frames = quick ? QUICK_FRAMES : FRAMES;
  const session = new ConstantSession(model, PICTURE);
  const [, rows = 0, columns = 0] = tensor.shape;
  const shape = ["--rows", String(rows), "--columns", String(columns)];
  const size = ["--size", String(CROWD_SIZE), "--rounds", String(frames)];
  const command = ["--head", head, "--tensor", values, ...shape, ...size];
  const boxes = new Map<string, number>();
  const ways = await alternate(
    {
      [OURS]: () => {
        const { postprocessMs, detections } = session.run(frames);
        boxes.set(OURS, detections);
        return postprocessMs;
      },
      ...(python.path !== null && {
        [NUMPY]: async () => {
          const report = await read([python.path, script(), ...command]);
          boxes.set(NUMPY, report.boxes);
          return report.ms;
        },
      }),
    },
    quick ? 1 : ROUNDS,
  );
  session.close();
  return compare({
    title: `${head} [${tensor.shape.join(", ")}], ${objects} objects`,
    unit: "ms, one thread",
    better: "lower",
    ways,
    claims: [{ of: OURS, to: NUMPY }],
    notes: [
      [...boxes].map(([name, count]) => `${name}: ${count} boxes`).join(", "),
      ...(python.path === null ? [python.reason] : []),
    ],
  });
}

function script(): string {
  return fileURLToPath(new URL("baselines/numpy_postprocess.py", import.meta.url));
}

async function read(command: string[]): Promise<{ ms: number; boxes: number }> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const [text, status] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  if (status !== 0) throw new Error(`"${command.join(" ")}" ended with ${status}`);
  return JSON.parse(text);
}
