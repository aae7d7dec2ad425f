import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { do_not_optimize, measure } from "mitata";
import type { FrameGeometry } from "../src/types.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";
import { Looks, readVideo, Slots } from "./early-path.ts";
import { findPython } from "./python.ts";

const SHARED = process.env["AIP_SHARED"] ?? fileURLToPath(new URL("../../shared", import.meta.url));
const PERSON = join(SHARED, "videos", "one-by-one-person-detection.mp4");
const OPENCV_SCRIPT = fileURLToPath(new URL("baselines/opencv_difference.py", import.meta.url));
const SIZE = { width: 1280, height: 720 } as const;
const ROUNDS = 5;
const FRAMES = 300;
/** So many that what a decoder costs once does not count. */
const CLIP_FRAMES = 800;
const QUICK_FRAMES = 30;
/** What the difference detector may take of a 1280×720 frame. */
const LIMIT_US = 60;
/** What is left of the speed of decoding alone. */
const SHARE_LEFT = 0.8;

const OURS = "aip";
const OPENCV = "OpenCV";
const LIMIT = `limit of ${LIMIT_US} µs`;
const FFMPEG = "ffmpeg to nowhere";
const DECODING = "decoding alone";
const EARLY = "early path";

/** What a cascade does with a frame before its reference model. */
export const cascadeEarly: Benchmark = {
  name: "cascade-early",
  summary: "difference detector against OpenCV; the early path against decoding alone",
  run,
};

async function run(options: BenchmarkOptions): Promise<Comparison[]> {
  const detector = await detectorComparison(options);
  if (Bun.which("ffmpeg") === null) {
    const notes = ["skipped: ffmpeg is missing"];
    return [detector, compare({ ...about("any size"), ways: [], claims: [], notes })];
  }
  const folder = mkdtempSync(join(tmpdir(), "aip-bench-"));
  try {
    const comparisons = [detector];
    for (const bFrames of options.quick ? [3] : [0, 3]) {
      const clip = join(folder, `${bFrames}.mp4`);
      await makeClip(clip, options.quick ? QUICK_FRAMES : CLIP_FRAMES, bFrames);
      const structure = bFrames === 0 ? "no B-frames" : "B-frames";
      const title = `${SIZE.width}x${SIZE.height} H.264, ${structure}`;
      comparisons.push(await pathComparison(title, clip, options));
    }
    if (existsSync(PERSON) && !options.quick) {
      comparisons.push(await pathComparison("768x432 H.264, person video", PERSON, options));
    }
    return comparisons;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function detectorComparison({ quick, progress }: BenchmarkOptions): Promise<Comparison> {
  progress("difference detector");
  const python = await findPython(progress);
  const opencv = async (): Promise<number> => {
    const rounds = String(quick ? QUICK_FRAMES : FRAMES);
    const child = Bun.spawn([python.path ?? "", OPENCV_SCRIPT, "--rounds", rounds]);
    const report = (await new Response(child.stdout).json()) as { readonly us_p50: number };
    return report.us_p50;
  };
  return compare({
    title: `${SIZE.width}x${SIZE.height} yuv420p to a 50x50 luma thumbnail and its difference`,
    unit: "µs, one thread, eight frames in turns",
    better: "lower",
    ways: await alternate(
      {
        [OURS]: () => detectorUs(quick),
        ...(python.path !== null && { [OPENCV]: opencv }),
        [LIMIT]: () => LIMIT_US,
      },
      quick ? 1 : ROUNDS,
    ),
    claims: [
      { of: OURS, to: OPENCV },
      { of: OURS, to: LIMIT, atLeast: 1 },
    ],
    notes: python.path === null ? [python.reason] : [],
  });
}

async function detectorUs(quick: boolean): Promise<number> {
  const geometry: FrameGeometry = {
    ...SIZE,
    ...{ pixelFormat: "yuv420p", colorMatrix: "bt709", colorRange: "limited" },
  };
  const slots = new Slots(geometry);
  const looks = new Looks();
  let frame = 0;
  const stats = await measure(
    () => {
      do_not_optimize(looks.difference(slots.at(frame)));
      frame += 1;
    },
    { min_samples: quick ? QUICK_FRAMES : FRAMES, min_cpu_time: quick ? 1e6 : 2e8 },
  );
  return stats.p50 / 1000;
}

async function pathComparison(
  title: string,
  clip: string,
  { quick, progress }: BenchmarkOptions,
): Promise<Comparison> {
  progress(title);
  const way = (every: number, look: boolean, allPackets?: boolean) => () =>
    readVideo(clip, { every, look, ...(allPackets && { allPackets }) });
  return compare({
    ...about(title),
    ways: await alternate(
      {
        [FFMPEG]: () => decodeToNowhere(clip),
        [DECODING]: way(1, false),
        [EARLY]: way(1, true),
        [`${EARLY}, every 5th frame`]: way(5, true),
        [`${EARLY}, every 30th frame`]: way(30, true),
        [`${EARLY}, every 30th frame, all decoded`]: way(30, true, true),
      },
      quick ? 1 : ROUNDS,
    ),
    claims: [
      { of: EARLY, to: DECODING, atLeast: SHARE_LEFT },
      { of: EARLY, to: FFMPEG },
      { of: `${EARLY}, every 5th frame`, to: DECODING },
      { of: `${EARLY}, every 30th frame`, to: DECODING },
      { of: `${EARLY}, every 30th frame`, to: `${EARLY}, every 30th frame, all decoded` },
    ],
    notes: [
      `${DECODING}: by one thread of ffmpeg, and brought into slots`,
      `${EARLY}: both thumbnails, the difference and a network of 50 pixels, in batches of 16, ` +
        "besides, of every frame that is looked at",
    ],
  });
}

function about(title: string): Pick<Comparison, "title" | "unit" | "better"> {
  return { title, unit: "frames/s, decoded and in their slots", better: "higher" };
}

/** Frames a second of a decoder whose pictures nobody takes. */
async function decodeToNowhere(clip: string): Promise<number> {
  const startedMs = performance.now();
  const child = Bun.spawn(
    [
      "ffmpeg",
      "-v",
      "error",
      "-progress",
      "-",
      "-threads",
      "1",
      "-i",
      clip,
      "-f",
      "null",
      "/dev/null",
    ],
    { stdout: "pipe" },
  );
  const text = await new Response(child.stdout).text();
  const seconds = (performance.now() - startedMs) / 1000;
  const frames = Number([...text.matchAll(/^frame=(\d+)$/gm)].at(-1)?.[1]);
  return frames / seconds;
}

async function makeClip(path: string, frames: number, bFrames: number): Promise<void> {
  const child = Bun.spawn([
    ...["ffmpeg", "-v", "error", "-f", "lavfi", "-i", `testsrc2=size=${SIZE.width}x${SIZE.height}`],
    ...["-frames:v", String(frames), "-c:v", "libx264", "-preset", "veryfast"],
    ...["-bf", String(bFrames), "-pix_fmt", "yuv420p", path],
  ]);
  const status = await child.exited;
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}`);
}
