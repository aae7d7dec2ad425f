/**
 * Writes the demo scene as an H.264 file, with its ground truth as NDJSON beside it: footage as a
 * camera's, of any length, whose right answers are known.
 *
 *     bun scripts/demo-video.ts FILE.mp4 [SOURCE] [--for CLASS] [--crf N]
 *     bun scripts/demo-video.ts rare.mp4 demo:visitors=0.02:stay=4:fps=15:frames=108000
 *
 * SOURCE is a demo of a given length; its default is an hour with a person in a fiftieth of the
 * frames. The truth is that of CLASS (default `person`) and is written to FILE.truth.ndjson. Both
 * files appear once they are whole; an interruption leaves neither.
 */
import { mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Command } from "../src/cli/command.ts";
import { runCommandLine } from "../src/cli/command-line.ts";
import { ExitCode } from "../src/cli/exit-code.ts";
import { onSignals } from "../src/cli/signals.ts";
import { usageError } from "../src/errors.ts";
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

const COMMAND: Command = {
  meta: {
    name: "bun scripts/demo-video.ts",
    description: "Writes the demo scene as an H.264 file, with its ground truth beside it",
  },
  args: {
    file: { type: "positional", description: "The video, an .mp4; truth: FILE.truth.ndjson" },
    source: {
      type: "positional",
      required: false,
      description: `A demo with an end (Default: ${SOURCE_DEFAULT})`,
    },
    for: {
      type: "string",
      valueHint: "CLASS",
      description: `Class of the ground truth: ${DEMO_CLASSES.join(", ")} (Default: person)`,
    },
    crf: {
      type: "string",
      valueHint: "N",
      description: `Constant rate factor of libx264, 0 to ${CRF_MAX} (Default: ${CRF_DEFAULT})`,
    },
  },
  operands: "FILE",
  examples: [
    ["bun scripts/demo-video.ts rare.mp4", "an hour, a person in a fiftieth of it"],
    ["bun scripts/demo-video.ts day.mp4 demo:visitors=0.1:frames=9000", "six minutes, more people"],
  ],
  async execute({ flags, operands }) {
    const [path, source = SOURCE_DEFAULT, extra] = operands;
    if (path === undefined) {
      const message = "Nothing to write: write bun scripts/demo-video.ts FILE.mp4 [SOURCE]";
      throw usageError("operand-missing", message);
    }
    if (extra !== undefined) {
      throw usageError("operand-unknown", `Unexpected "${extra}": one video is written at a time`);
    }
    const { for: target = "person", crf: text = String(CRF_DEFAULT) } = flags;
    const crf = /^\d+$/.test(String(text)) ? Number(text) : Number.NaN;
    if (!(crf <= CRF_MAX)) {
      const message = `--crf must be a whole number from 0 to ${CRF_MAX}, not "${text}"`;
      throw usageError("flag-invalid", message);
    }
    return await makeVideo({ path, source, target: String(target), crf });
  },
};

/** Writes it with progress on stderr. @returns the exit code */
async function makeVideo(request: DemoVideoOptions): Promise<number> {
  await ensureBuilt();
  const stop = new AbortController();
  using _signals = onSignals((_name, count) => {
    if (count > 1) process.exit(ExitCode.interrupted);
    stop.abort();
  });
  const progress = new ProgressSink();
  const made = await writeDemoVideo({ ...request, signal: stop.signal, progress });
  if (made === null) {
    console.error("interrupted: nothing was written");
    return ExitCode.interrupted;
  }
  console.error(`saved  ${made.path}, ${made.truthPath} (${made.frames} frames)`);
  return ExitCode.done;
}

if (import.meta.main) process.exit(await runCommandLine(process.argv.slice(2), COMMAND));
