import { planeLayout } from "../layout/planes.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import type { CameraCost } from "../schedule/capacity.ts";
import { openCameras } from "./camera.ts";
import type { CameraClip } from "./camera-clip.ts";
import { FrameTimesSink } from "./frame-times.ts";

/** Frames until decoder and code are warm; what they cost is taken off. */
const SHORT_FRAMES = 20;
/** Pixels decoded in the longer trial, and the bounds of its frames: a second or two. */
const LONG_PIXELS = 200e6;
const LONG_FRAMES_MIN = 60;
const LONG_FRAMES_MAX = 600;
/** Of a decoder with one thread, where the system does not tell: 50–70 MB for 1280×720. */
const DECODER_BYTES = 64 * 2 ** 20;
/** Of the thread that reads a camera: measured at 2–5 MB. */
const READER_BYTES = 5 * 2 ** 20;

/**
 * Measures what a camera costs the processor: a decoder plays the clip as fast as it can through
 * the pipeline, to a device that takes no time. A long trial and a short one are compared, so that
 * starting up does not count.
 *
 * @throws {AipError} where the clip cannot be decoded
 */
export async function measureCamera(clip: CameraClip, signal?: AbortSignal): Promise<CameraCost> {
  const { width, height } = clip.request.format.geometry;
  const affordable = Math.min(LONG_FRAMES_MAX, Math.ceil(LONG_PIXELS / (width * height)));
  const longFrames = Math.max(LONG_FRAMES_MIN, affordable);
  const short = await trial(clip, SHORT_FRAMES, signal);
  const long = await trial(clip, SHORT_FRAMES + longFrames, signal);
  return costOf(short, long, planeLayout(clip.request.format.geometry).sizeBytes);
}

/** What frames cost by a short trial and a long one. Pure. */
export function costOf(short: Trial, long: Trial, pictureBytes: number): CameraCost {
  const perFrame = (of: (used: Trial) => number): number =>
    Math.max(0, of(long) - of(short)) / (long.frames - short.frames);
  const decodeMs = perFrame((used) => used.decoderMs);
  return {
    decodeMs,
    pacedDecodeMs: decodeMs,
    decoderStartMs: Math.max(0, short.decoderMs - short.frames * decodeMs),
    rhythm: rhythmOf(long.readMs.slice(short.frames)),
    readMs: perFrame((used) => used.ownMs),
    memoryBytes: READER_BYTES + short.decoderBytes,
    pictureBytes,
  };
}

/** What a trial took. Processor times in ms. */
export interface Trial {
  readonly frames: number;
  readonly decoderMs: number;
  /** Of this process. */
  readonly ownMs: number;
  readonly decoderBytes: number;
  /** How long each frame was waited for. */
  readonly readMs: readonly number[];
}

/** Times of consecutive frames as shares of their mean; [1] where there are none. */
function rhythmOf(timesMs: readonly number[]): readonly number[] {
  const mean = timesMs.reduce((sum, ms) => sum + ms, 0) / timesMs.length;
  return mean > 0 ? timesMs.map((ms) => ms / mean) : [1];
}

async function trial(clip: CameraClip, frames: number, signal?: AbortSignal): Promise<Trial> {
  const [camera] = openCameras({ clip, count: 1, fps: null });
  if (camera === undefined) throw new RangeError("one camera is asked for");
  const readMs: number[] = [];
  await using pipeline = new Pipeline({
    sources: [camera],
    devices: "sim:0ms",
    drop: "never",
    frames,
    sinks: [new FrameTimesSink((times) => readMs.push(times.readMs))],
    ...(signal !== undefined && { signal }),
  });
  let before = process.cpuUsage();
  pipeline.events.once("started", () => {
    before = process.cpuUsage();
  });
  const report = await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  const { user, system } = process.cpuUsage(before);
  return {
    frames: report.frames.emitted,
    decoderMs: camera.decoderCpuMs() ?? 0,
    ownMs: (user + system) / 1000,
    decoderBytes: camera.memoryBytes ?? DECODER_BYTES,
    readMs,
  };
}
