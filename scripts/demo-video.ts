/**
 * Writes the demo scene as an H.264 file, with its ground truth as NDJSON beside it: footage as a
 * camera's, of any length, whose right answers are known.
 *
 *     bun scripts/demo-video.ts OUT.mp4 [SOURCE] [--for CLASS] [--crf N]
 *     bun scripts/demo-video.ts rare.mp4 demo:visitors=0.02:stay=4:fps=15:frames=108000
 *
 * SOURCE is a demo of a given length; its default is an hour with a person in a fiftieth of the
 * frames. The truth is that of CLASS (default `person`) and is written to OUT.truth.ndjson. Both
 * files appear once they are whole; an interruption leaves neither.
 */
import { mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { ExitCode } from "../src/cli/exit-code.ts";
import { onSignals } from "../src/cli/signals.ts";
import { AipError, usageError } from "../src/errors.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import { muxerFor } from "../src/sink/encoder.ts";
import { reasonOf } from "../src/sink/line-writer.ts";
import { ProgressSink } from "../src/sink/progress.ts";
import { TruthSink } from "../src/sink/truth.ts";
import { VideoSink } from "../src/sink/video.ts";
import { DEMO_CLASSES, parseDemo } from "../src/source/demo.ts";
import { ensureBuilt } from "./build.ts";

const SOURCE_DEFAULT = "demo:visitors=0.02:stay=4:fps=15:frames=54000";
const CRF_DEFAULT = 28;
const CRF_MAX = 51;

export interface DemoVideoOptions {
  /** The video's file, an .mp4. */
  readonly path: string;
  /** The scene, `demo[:key=value…]`, with an end. */
  readonly source: string;
  /** Class of the ground truth. Default `person`. */
  readonly target?: string;
  /** Constant rate factor of libx264, 0–51. Default 28, as cameras send it. */
  readonly crf?: number;
  /** Ends it: neither file is left. */
  readonly signal?: AbortSignal;
  /** Where progress is shown; left out: nowhere. */
  readonly progress?: ProgressSink;
}

export interface DemoVideo {
  /** The video's file, and that of its ground truth. */
  readonly path: string;
  readonly truthPath: string;
  readonly frames: number;
}

/** Where the ground truth of a demo video stands: `rare.mp4` → `rare.truth.ndjson`. */
export function truthPathOf(path: string): string {
  return path.replace(/\.[^./]+$/, ".truth.ndjson");
}

/**
 * Writes both files, or neither.
 *
 * @returns null where it was interrupted
 * @throws {AipError} where the scene, the class or a file is not as it should be
 */
export async function writeDemoVideo(options: DemoVideoOptions): Promise<DemoVideo | null> {
  const { path, source, target = "person", crf = CRF_DEFAULT, signal, progress } = options;
  muxerFor(path);
  checkScene(source, target);
  const truthPath = truthPathOf(path);
  const folder = await partFolder(path);
  try {
    const part = join(folder, basename(path));
    const truth = new TruthSink({ path: join(folder, "truth.ndjson"), classes: [target] });
    const pipeline = new Pipeline({
      sources: source,
      // Nobody looks at the frames.
      devices: "sim:0ms",
      sinks: [
        new VideoSink({ path: part, crf }),
        truth,
        ...(progress === undefined ? [] : [progress]),
      ],
      ...(signal !== undefined && { signal }),
    });
    pipeline.events.once("prepared", (info) => {
      if (progress !== undefined) progress.frameCount = info.frameCount;
    });
    const report = await pipeline.run();
    if (pipeline.error !== null) throw pipeline.error;
    if (report.end !== "complete") return null;
    await rename(join(folder, "truth.ndjson"), truthPath);
    await rename(part, path);
    return { path, truthPath, frames: report.sources[0]?.frames.received ?? 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Beside the video, so that files can be moved into place. */
async function partFolder(path: string): Promise<string> {
  try {
    return await mkdtemp(join(dirname(path), ".demo-video-"));
  } catch (cause) {
    const message = `Cannot write "${path}": ${reasonOf(cause)}`;
    throw usageError("output-unwritable", message, cause);
  }
}

function checkScene(source: string, target: string): void {
  if (source !== "demo" && !source.startsWith("demo:")) {
    const message = `A demo video is made of the demo scene (demo:key=value…), not of "${source}"`;
    throw usageError("demo-option", message);
  }
  if (parseDemo(source).frameCount === null) {
    throw usageError("demo-option", `"${source}" has no end: say how long with frames=N`);
  }
  if (DEMO_CLASSES.includes(target)) return;
  const known = DEMO_CLASSES.join(", ");
  throw usageError("class-unknown", `The demo scene has no class "${target}" (it has ${known})`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      for: { type: "string", default: "person" },
      crf: { type: "string", default: String(CRF_DEFAULT) },
    },
    allowPositionals: true,
  });
  const [path, source = SOURCE_DEFAULT, ...rest] = positionals;
  if (path === undefined || rest.length > 0) {
    console.error("usage: bun scripts/demo-video.ts OUT.mp4 [SOURCE] [--for CLASS] [--crf N]");
    return ExitCode.usage;
  }
  const crf = Number(values.crf);
  if (!Number.isInteger(crf) || crf < 0 || crf > CRF_MAX) {
    throw usageError("flag-invalid", `--crf is a whole number from 0 to 51, not "${values.crf}"`);
  }
  await ensureBuilt();
  const stop = new AbortController();
  using _signals = onSignals((_name, count) => {
    if (count > 1) process.exit(ExitCode.interrupted);
    stop.abort();
  });
  const progress = new ProgressSink();
  const options = { path, source, target: values.for, crf, signal: stop.signal, progress };
  const made = await writeDemoVideo(options);
  if (made === null) {
    console.error("interrupted: nothing was written");
    return ExitCode.interrupted;
  }
  console.error(`saved  ${made.path}, ${made.truthPath} (${made.frames} frames)`);
  return ExitCode.done;
}

if (import.meta.main) {
  try {
    process.exit(await main());
  } catch (error) {
    const isTold =
      error instanceof AipError || (error as { code?: string }).code?.startsWith("ERR_PARSE");
    if (!isTold) throw error;
    console.error((error as Error).message);
    process.exit(error instanceof AipError && error.category === "runtime" ? 1 : ExitCode.usage);
  }
}
