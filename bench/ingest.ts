import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";
import { constantModel } from "./constant-model.ts";
import { CROWD_SIZE, crowd } from "./crowd.ts";
import { runSubject } from "./subject.ts";

const SUBJECT = fileURLToPath(new URL("fullrun-subject.ts", import.meta.url));
const ROUNDS = 5;
const QUICK_FRAMES = 10;

const NATIVE = "native";
const SCALED = "scaled";

/** Clips, and by how much scaled frames must save processor time, where they are to. */
const CLIPS: readonly { readonly size: string; readonly frames: number; atLeast?: number }[] = [
  { size: "768x432", frames: 600 },
  { size: "1280x720", frames: 300, atLeast: 1.05 },
  { size: "1920x1080", frames: 200, atLeast: 1.05 },
  { size: "3840x2160", frames: 100, atLeast: 1.1 },
];

/** From a file to pre-processed frames: full-size pictures, or ones the decoder has scaled. */
export const ingest: Benchmark = {
  name: "ingest",
  summary: "decoding to model input, frames at full size and scaled by the decoder",
  run,
};

async function run({ quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  if (Bun.which("ffmpeg") === null) {
    const notes = ["skipped: ffmpeg is missing"];
    return [compare({ ...about("any size"), ways: [], claims: [], notes })];
  }
  const folder = mkdtempSync(join(tmpdir(), "aip-bench-"));
  try {
    const model = join(folder, "constant.onnx");
    writeFileSync(model, constantModel(CROWD_SIZE, crowd("yolox", 0)));
    const comparisons: Comparison[] = [];
    for (const { size, frames, atLeast } of CLIPS) {
      progress(size);
      const count = quick ? QUICK_FRAMES : frames;
      const clip = join(folder, `${size}.mp4`);
      await makeClip(clip, size, count);
      const way = (mode: string) => async (): Promise<number> => {
        const job = [clip, model, String(count), "cpu:threads=1:replicas=1", mode];
        return (await runSubject([process.execPath, SUBJECT, ...job])).cpuMsPerFrame;
      };
      comparisons.push(
        compare({
          ...about(size),
          ways: await alternate(
            { [NATIVE]: way(NATIVE), [SCALED]: way(SCALED) },
            quick ? 1 : ROUNDS,
          ),
          claims: [{ of: SCALED, to: NATIVE, ...(atLeast !== undefined && { atLeast }) }],
        }),
      );
    }
    return comparisons;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function about(size: string): Pick<Comparison, "title" | "unit" | "better"> {
  return {
    title: `${size} H.264 to ${CROWD_SIZE}x${CROWD_SIZE}, decoded, brought over, pre-processed`,
    unit: "ms of processor time a frame, all processes",
    better: "lower",
  };
}

async function makeClip(path: string, size: string, frames: number): Promise<void> {
  const child = Bun.spawn([
    ...["ffmpeg", "-v", "error", "-f", "lavfi", "-i", `testsrc2=size=${size}`],
    ...["-frames:v", String(frames), "-c:v", "libx264", "-preset", "veryfast"],
    ...["-pix_fmt", "yuv420p", path],
  ]);
  const status = await child.exited;
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}`);
}
