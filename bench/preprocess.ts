import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { libraryPath } from "../src/native/library.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { compare } from "./comparison.ts";
import { constantModel } from "./constant-model.ts";
import { ConstantSession } from "./constant-session.ts";
import { CROWD_SIZE, crowd } from "./crowd.ts";
import { findPython } from "./python.ts";

const SIZES = ["1280x720", "768x432", "1920x1080"];
const FORMATS = ["yuv420p", "nv12", "bgr24"] as const;
const FRAMES = 300;
const QUICK_FRAMES = 20;
const ROUNDS = 5;
const TIMES_MIN = 4;

const OURS = "aip";
const OPENCV = "OpenCV";

/** What `opencv_preprocess.py` prints. */
interface Report {
  readonly kernels: string;
  readonly opencv: string;
  readonly results: readonly {
    readonly format: string;
    readonly from: string;
    readonly to: string;
    readonly ms_p50: Readonly<Record<"opencv" | "aip", number>>;
    readonly mean_difference: number;
  }[];
}

/** A decoder's frame to a model's input on one thread. */
export const preprocess: Benchmark = {
  name: "preprocess",
  summary: "frame to model input on one core, against OpenCV",
  run,
};

async function run({ quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  const python = await findPython(progress);
  if (python.path === null) return oursAlone(python.reason, quick);
  const script = fileURLToPath(new URL("baselines/opencv_preprocess.py", import.meta.url));
  const comparisons: Comparison[] = [];
  for (const size of SIZES) {
    progress(size);
    const reports: Report[] = [];
    for (let round = 0; round < (quick ? 1 : ROUNDS); round += 1) {
      const rounds = String(quick ? QUICK_FRAMES : FRAMES);
      const options = ["--library", libraryPath(), "--size", size, "--rounds", rounds];
      reports.push(await read([python.path, script, ...options]));
    }
    comparisons.push(...comparisonsOf(reports));
  }
  return comparisons;
}

/** Our side, timed by the library itself, where the other side is missing. */
function oursAlone(reason: string, quick: boolean): Comparison[] {
  const folder = mkdtempSync(join(tmpdir(), "aip-bench-"));
  const model = join(folder, "constant.onnx");
  try {
    writeFileSync(model, constantModel(CROWD_SIZE, crowd("yolox", 0)));
    return SIZES.flatMap((size) =>
      FORMATS.map((pixelFormat) => {
        const [width = 0, height = 0] = size.split("x").map(Number);
        const session = new ConstantSession(model, {
          width,
          height,
          pixelFormat,
          colorMatrix: "bt601",
          colorRange: "limited",
        });
        const rounds = Array.from({ length: quick ? 1 : ROUNDS }, () =>
          session.run(quick ? QUICK_FRAMES : FRAMES),
        );
        session.close();
        return compare({
          title: `${size} ${pixelFormat} to ${CROWD_SIZE}x${CROWD_SIZE} f32 nchw`,
          unit: "ms, one thread",
          better: "lower",
          ways: [{ name: OURS, values: rounds.map(({ preprocessMs }) => preprocessMs) }],
          claims: [],
          notes: [reason],
        });
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One comparison a pixel format; the program alternates frame by frame within a round. */
function comparisonsOf(reports: readonly Report[]): Comparison[] {
  const [first] = reports;
  return (first?.results ?? []).map(({ format, from, to, mean_difference }, index) => {
    const values = (way: "opencv" | "aip"): number[] =>
      reports.map((report) => report.results[index]?.ms_p50[way] ?? Number.NaN);
    const claimed = format === "yuv420p" && from === SIZES[0];
    return compare({
      title: `${from} ${format} to ${to}`,
      unit: "ms, one thread",
      better: "lower",
      ways: [
        { name: OURS, values: values("aip") },
        { name: OPENCV, values: values("opencv") },
      ],
      claims: [{ of: OURS, to: OPENCV, ...(claimed && { atLeast: TIMES_MIN }) }],
      notes: [
        `${OURS}: ${first?.kernels} kernels; OpenCV ${first?.opencv}: cvtColor, resize, transpose`,
        `the tensors differ by ${mean_difference} grey levels in the mean`,
      ],
    });
  });
}

async function read(command: string[]): Promise<Report> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const [text, status] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  if (status !== 0) throw new Error(`"${command.join(" ")}" ended with ${status}`);
  return JSON.parse(text) as Report;
}
