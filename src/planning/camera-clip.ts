import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtimeError, usageError } from "../errors.ts";
import { formatCount } from "../metrics/number-format.ts";
import { closeFd, createPipe } from "../native/library.ts";
import type { DecodeRequest } from "../source/ffmpeg.ts";
import type { StreamProbe } from "../source/geometry.ts";
import { decodeRequest } from "../source/options.ts";
import { probe } from "../source/probe.ts";
import { resolveSpec } from "../source/spec.ts";
import { runTool } from "../source/tool.ts";

/** Length of the synthetic clip, and the distance of its key frames. */
const CLIP_S = 4;
const KEY_FRAME_S = 2;
/** What IP cameras commonly send: 2 Mbit/s for 1280×720 at 15 frames a second. */
const BITS_A_PIXEL = 0.15;
const ENCODE_LIMIT_MS = 120_000;
/** Size of a sensor's noise, for a stream that has something to encode in every block. */
const NOISE = 10;

/** Size and rate of a camera's pictures. */
export interface CameraFormat {
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly fps: number;
}

/** A recording that stands for what a camera sends, and how it is decoded. */
export interface CameraClip {
  /** For people: `synthetic h264 1280×720, 2,074 kbit/s`. */
  readonly description: string;
  readonly stream: StreamProbe;
  /** Decodes it over and over. */
  readonly request: DecodeRequest;
}

/**
 * Encodes a synthetic clip as an IP camera would (H.264 without B frames, constant bit rate, moving
 * shapes under noise) and opens it. Disposing of it deletes the file.
 *
 * @param signal ends it early
 * @throws {AipError} `clip-failed` where ffmpeg cannot encode H.264; `interrupted`
 */
export async function syntheticClip(
  format: CameraFormat,
  signal?: AbortSignal,
): Promise<CameraClip & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "aip-camera-"));
  const removeNow = (): void => rmSync(folder, { recursive: true, force: true });
  // Whoever ends the process in haste leaves no clip behind.
  process.once("exit", removeNow);
  const dispose = async (): Promise<void> => {
    process.off("exit", removeNow);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const path = join(folder, "camera.mp4");
    const args = encodeArguments(format, path);
    const encoded = await runTool("ffmpeg", args, ENCODE_LIMIT_MS, signal);
    if (signal?.aborted)
      throw runtimeError("interrupted", "Making a camera's clip was interrupted");
    if (encoded.exitCode !== 0) {
      const reason = encoded.stderr.trim().split("\n").at(-1) ?? "it took too long";
      throw runtimeError(
        "clip-failed",
        `Cannot make a camera's clip: ffmpeg says "${reason}"; ` +
          "name a recording of a camera with --source FILE",
      );
    }
    const clip = await openClip(path);
    const rate = formatCount(bitRate(format) / 1000);
    const description = `synthetic ${clip.description}, ${rate} kbit/s`;
    return { ...clip, description, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/**
 * Opens a recording of a camera.
 * @throws {AipError} `source-not-found`, or `source-unreadable` where it is no video
 */
export async function openClip(path: string): Promise<CameraClip> {
  const inputs = await resolveSpec(path);
  if (inputs.length !== 1 || inputs[0]?.kind !== "video") {
    const reason = "what stands for a camera is one video file";
    throw usageError("source-unreadable", `Cannot open source "${path}": ${reason}`);
  }
  const stream = await probe(["-i", `file:${path}`]);
  if ("reason" in stream) {
    throw usageError("source-unreadable", `Cannot open source "${path}": ${stream.reason}`);
  }
  const input = ["-stream_loop", "-1", "-i", `file:${path}`];
  const request = await decodeRequest(input, stream, { pipes: { createPipe, closeFd } });
  const { width, height } = request.format.geometry;
  return { description: `${stream.codec} ${width}×${height}`, stream, request };
}

function bitRate({ width, height, fps }: CameraFormat): number {
  return Math.ceil(BITS_A_PIXEL * width * height * fps);
}

function encodeArguments(format: CameraFormat, path: string): string[] {
  const { width, height, fps } = format;
  const rate = String(bitRate(format));
  return [
    ...["-nostdin", "-loglevel", "error"],
    ...["-f", "lavfi", "-i", `testsrc2=size=${width}x${height}:rate=${fps}`],
    ...["-vf", `noise=alls=${NOISE}:allf=t`, "-t", String(CLIP_S), "-pix_fmt", "yuv420p"],
    ...["-c:v", "libx264", "-preset", "veryfast", "-bf", "0"],
    ...["-g", String(Math.max(1, Math.round(KEY_FRAME_S * fps)))],
    ...["-b:v", rate, "-maxrate", rate, "-bufsize", rate],
    ...["-y", `file:${path}`],
  ];
}
