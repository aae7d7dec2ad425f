import { cpus } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../cache-folder.ts";
import { closeFd, createPipe } from "../native/library.ts";
import { ffmpegVersion, findTool } from "../source/tool.ts";
import type { PictureSize } from "../types.ts";
import { readMeasured, storeMeasured } from "./ingest-store.ts";

/** Pixels a long run of the measurement moves: 36 pictures of 1280×720, 4 of 3840×2160. */
const PIXELS = 33_000_000;
/** All three runs in turns, so that what else the machine does falls on each; the least counts. */
const ROUNDS = 3;
const RUN_LIMIT_MS = 3000;
const PIPE_BYTES = 1 << 20;

/** Processor time in ms of making so many pictures and bringing them over; NaN where it failed. */
export type RunCost = (from: PictureSize, to: PictureSize, frames: number) => Promise<number>;

export interface GainOptions {
  /** File of the stored measurements; by default `ingest.json` in aip's cache. */
  readonly path?: string;
  /** Takes what people should know of that file, one sentence each. */
  readonly tell: (text: string) => void;
  /** What one run costs; replaced in tests. */
  readonly cost?: RunCost;
}

/**
 * Processor time of bringing pictures over at their own size, for that of scaling them down first:
 * above 1, scaling is cheaper. Decoding, which is the same in both, is left out, and so is the
 * start of a process: it is that of a run of one picture.
 *
 * ffmpeg makes empty pictures and writes them into a pipe whose other end is read: user and system
 * time of both processes count. It takes under a second and is stored for the next run.
 *
 * @returns 0 where it cannot be measured
 */
export async function scalingGain(
  from: PictureSize,
  to: PictureSize,
  { path = join(cacheFolder(), "ingest.json"), tell, cost = costMs }: GainOptions,
): Promise<number> {
  const version = (await ffmpegVersion()).join(".");
  const processor = cpus()[0]?.model.trim() ?? process.arch;
  const key = [processor, `ffmpeg ${version}`, text(from), text(to)].join(", ");
  const { measured, ignored } = await readMeasured(path);
  const known = measured[key];
  if (known !== undefined) return known;
  if (ignored !== null) tell(`${ignored}, and is ignored: measured anew`);
  const gain = await measure(from, to, cost);
  if (gain === 0) return 0;
  const failure = await storeMeasured(path, { [key]: Math.round(gain * 1000) / 1000, ...measured });
  if (failure !== null) tell(`${failure}; what scaling saves is measured in every run`);
  return gain;
}

/**
 * The least of a run's costs is the one the rest of the machine disturbed least. There is no ratio
 * where a run failed, or where a long run cost no more than a start.
 */
async function measure(from: PictureSize, to: PictureSize, cost: RunCost): Promise<number> {
  const frames = 1 + Math.ceil(PIXELS / (from.width * from.height));
  let startMs = Number.POSITIVE_INFINITY;
  let nativeMs = Number.POSITIVE_INFINITY;
  let scaledMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    startMs = Math.min(startMs, await cost(from, to, 1));
    nativeMs = Math.min(nativeMs, await cost(from, from, frames));
    scaledMs = Math.min(scaledMs, await cost(from, to, frames));
    if (Number.isNaN(startMs + nativeMs + scaledMs)) return 0;
  }
  const native = nativeMs - startMs;
  const scaled = scaledMs - startMs;
  return native > 0 && scaled > 0 ? native / scaled : 0;
}

/** Processor time of one run in ms; NaN where it failed or took too long. */
async function costMs(from: PictureSize, to: PictureSize, frames: number): Promise<number> {
  const { readFd, writeFd } = createPipe(PIPE_BYTES);
  const limits = { timeout: RUN_LIMIT_MS, killSignal: "SIGKILL" } as const;
  const source = `color=size=${from.width}x${from.height},format=yuv420p`;
  const writer = Bun.spawn(
    [
      ...[findTool("ffmpeg"), "-nostdin", "-loglevel", "quiet", "-threads", "1"],
      ...["-f", "lavfi", "-i", source, "-frames:v", String(frames)],
      ...["-vf", `scale=${to.width}:${to.height}:flags=area`],
      ...["-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", "pipe:1"],
    ],
    { stdio: ["ignore", writeFd, "ignore"], ...limits },
  );
  const reader = Bun.spawn(["dd", "of=/dev/null", `bs=${PIPE_BYTES}`], {
    stdio: [readFd, "ignore", "ignore"],
    ...limits,
  });
  closeFd(readFd);
  closeFd(writeFd);
  const codes = await Promise.all([writer.exited, reader.exited]);
  if (codes.some((code) => code !== 0)) return Number.NaN;
  return cpuMs(writer) + cpuMs(reader);
}

function cpuMs(child: Bun.Subprocess): number {
  return Number(child.resourceUsage()?.cpuTime.total ?? Number.NaN) / 1000;
}

function text({ width, height }: PictureSize): string {
  return `${width}x${height}`;
}
