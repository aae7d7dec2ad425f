import { stat } from "node:fs/promises";
import { type AipError, usageError } from "../errors.ts";
import type { PictureSize } from "../types.ts";
import { Decoder } from "./decoder.ts";
import { cleanLine, type LogTail } from "./diagnosis.ts";
import { decodeErrorNotes, judgeEnding } from "./ending.ts";
import { type DecodeRequest, framingOf } from "./ffmpeg.ts";
import type { StreamProbe } from "./geometry.ts";
import { isMp4CutShort } from "./mp4-boxes.ts";
import { decodeRequest, type SourceOptions } from "./options.ts";
import { type PacketIndex, timesMsOf } from "./packet-index.ts";
import { type ProbeFailure, probe } from "./probe.ts";
import { scaledRequest } from "./scaled.ts";
import type { IngestSegment, SegmentResult, Source, SourceInfo } from "./source.ts";
import { indexToThin } from "./thinning/thinnable.ts";
import { ThinnedPackets } from "./thinning/thinned-packets.ts";
import { ffmpegVersion } from "./tool.ts";
import { endOfTransportStream } from "./transport-stream.ts";

/** ffmpeg's name of the demuxer of MPEG-TS. */
const TRANSPORT_STREAM = "mpegts";
/** Input options for packets whose times are numbers, which are to stay as they are. */
const NUMBERED_INPUT = ["-copyts", "-f", "mp4", "-i", "pipe:0"] as const;

/** What a video with a beginning and an end is made from. */
export interface VideoInput {
  readonly name: string;
  readonly spec: string;
  /** ffmpeg's input options with their `-i`. */
  readonly input: readonly string[];
  readonly stream: StreamProbe;
  /** The file on this machine, where it is one. */
  readonly path?: string;
}

/**
 * Opens a video file of any container and codec ffmpeg knows.
 *
 * @throws {AipError} `source-unreadable` where it is no video
 */
export async function openVideo(
  path: string,
  name: string,
  options: SourceOptions,
): Promise<Source> {
  const input = inputOf(path);
  // The decoder's version is asked for meanwhile: both are programs that take a while to start.
  const [found] = await Promise.all([probe(input), ffmpegVersion()]);
  const stream = await streamOf(path, found);
  return await openVideoInput({ name, spec: path, input, stream, path }, options);
}

/**
 * Finds out what a video file holds, without opening it for good.
 *
 * @param signal ends it at once
 * @throws {AipError} `source-unreadable` where it is no video
 */
export async function probeVideo(path: string, signal?: AbortSignal): Promise<StreamProbe> {
  return await streamOf(path, await probe(inputOf(path), undefined, signal));
}

/** ffmpeg's input options. With its protocol named, a file may be called "-" or "a:b". */
function inputOf(path: string): readonly string[] {
  return ["-i", `file:${path}`];
}

async function streamOf(path: string, found: StreamProbe | ProbeFailure): Promise<StreamProbe> {
  if (!("reason" in found)) return found;
  const reason = await explain(path, found.reason);
  throw usageError("source-unreadable", `Cannot open source "${path}": ${reason}`);
}

/** Opens a video that has been probed. */
export async function openVideoInput(video: VideoInput, options: SourceOptions): Promise<Source> {
  const request = await decodeRequest(video.input, video.stream, options);
  const { every = 1 } = options;
  const thinning = { every, first: 0 };
  return new VideoSource(video, { ...request, ...(every > 1 && { thinning }) }, options);
}

/** A video with a beginning and an end: one segment. */
class VideoSource implements Source {
  readonly name: string;
  readonly spec: string;
  readonly live = false;
  info: SourceInfo;
  readonly #video: VideoInput;
  #request: DecodeRequest;
  readonly #options: SourceOptions;
  #decoder: Decoder | undefined;
  /** Where the decoder is not given all packets. */
  #packets: ThinnedPackets | undefined;
  #opened = false;
  readonly #closed = new AbortController();
  #notes: readonly string[] = [];

  constructor(video: VideoInput, request: DecodeRequest, options: SourceOptions) {
    this.name = video.name;
    this.spec = video.spec;
    this.info = describe(video.stream, request);
    this.#video = video;
    this.#request = request;
    this.#options = options;
  }

  scaleTo(size: PictureSize): void {
    this.#request = scaledRequest(this.#request, size);
    this.info = describe(this.#video.stream, this.#request);
  }

  startAt(frame: number): void {
    const { every = 1 } = this.#options;
    this.#request = { ...this.#request, thinning: { every, first: frame } };
  }

  async open(): Promise<IngestSegment | null> {
    if (this.#opened) return null;
    this.#opened = true;
    const { thinning, format } = this.#request;
    const { path, stream } = this.#video;
    const { signal } = this.#closed;
    const index = await indexToThin(path, stream, this.#request, signal);
    if (signal.aborted) return null;
    const decoder = this.#start(index);
    return {
      kind: "pipe",
      fd: decoder.pictureFd,
      framing: framingOf(format),
      timestampFd: decoder.timestampFd,
      startMs: 0,
      ...(thinning !== undefined && { thinning }),
      ...(index !== null && { timesMs: timesMsOf(index) }),
      geometry: format.geometry,
    };
  }

  async finish(segment: SegmentResult): Promise<AipError | null> {
    if (this.#decoder === undefined) return null;
    const exits = await Promise.all([this.#decoder.exit(), this.#packets?.exit()]);
    const { stream, spec } = this.#video;
    // A transport stream announces no frames: what is left of it was counted.
    const { frameCount } = stream.container === TRANSPORT_STREAM ? {} : stream;
    const announced = frameCount === undefined ? {} : { frameCount };
    let error: AipError | null = null;
    let errorCount = 0;
    let last: string | undefined;
    for (const exit of exits) {
      if (exit === undefined) continue;
      const cutShort = await lacksEnd(this.#video, segment, exit.log);
      // Of the packets' end, which comes last, the decoder's is the consequence.
      error = judgeEnding({ ...segment, spec, exit, cutShort, ...announced }) ?? error;
      errorCount += exit.log.errorCount;
      last = exit.log.last ?? last;
    }
    this.#notes = error === null ? decodeErrorNotes(errorCount, last) : [];
    return error;
  }

  decoderCpuMs(): number | undefined {
    const ms = this.#decoder?.cpuMs;
    return ms === undefined ? undefined : ms + (this.#packets?.cpuMs ?? 0);
  }

  notes(): readonly string[] {
    return this.#notes;
  }

  async close(): Promise<void> {
    this.#opened = true;
    this.#closed.abort();
    await Promise.all([this.#decoder?.stop(), this.#packets?.stop()]);
  }

  /** Starts the decoder, and where there is an index, what takes packets out before it. */
  #start(index: PacketIndex | null): Decoder {
    const { pipes } = this.#options;
    const { input, thinning } = this.#request;
    if (index === null || thinning === undefined) {
      this.#decoder = new Decoder(this.#request, pipes);
      return this.#decoder;
    }
    this.#packets = new ThinnedPackets({ input, index, thinning, pipes });
    try {
      const request = { ...this.#request, input: NUMBERED_INPUT, isNumbered: true };
      this.#decoder = new Decoder(request, pipes, this.#packets.fd);
      return this.#decoder;
    } finally {
      pipes.closeFd(this.#packets.fd);
    }
  }
}

/** Whether a file's own structure says that its end is missing, where ffmpeg need not say so. */
async function lacksEnd(
  { path, stream }: VideoInput,
  { frames }: SegmentResult,
  { errorCount }: Pick<LogTail, "errorCount">,
): Promise<boolean> {
  if (path === undefined) return false;
  if (stream.container === TRANSPORT_STREAM) {
    const end = await endOfTransportStream(path);
    // An end that is probably missing and a decoder that was not content make one that is.
    return end === "cut" || (end === "open" && errorCount > 0);
  }
  const { frameCount } = stream;
  return frameCount !== undefined && frames < frameCount && (await isMp4CutShort(path));
}

/** What is known of a stream before its first frame. */
export function describe(stream: StreamProbe, request: DecodeRequest): SourceInfo {
  const { sourceSize, ...delivered } = request.format.geometry;
  const { width, height } = sourceSize ?? delivered;
  const decoder = request.hardware === null ? "" : `, ${request.hardware.name}`;
  const scaled = sourceSize === undefined ? "" : ` → ${delivered.width}×${delivered.height}`;
  return {
    geometry: { ...delivered, width, height },
    description: `${stream.codec} ${width}×${height}${scaled}${decoder}`,
    ...(sourceSize !== undefined && { delivered: request.format.geometry }),
    ...(request.hardware !== null && { hardware: request.hardware.name }),
    ...(stream.fps === undefined ? {} : { fps: stream.fps }),
    ...(stream.frameCount === undefined ? {} : { frameCount: stream.frameCount }),
  };
}

/** ffprobe's last message, in words that say what is wrong with the file. */
async function explain(path: string, message: string): Promise<string> {
  const file = await stat(path).catch(() => null);
  if (file === null) return "it is no longer there";
  if (file.size === 0) return "it is empty";
  const reason = cleanLine(message).replace(`file:${path}: `, "");
  if (!/invalid data/i.test(reason)) return reason;
  if (await isMp4CutShort(path)) return "it is cut short, and the index of its frames is missing";
  return `it is no video or picture that ffmpeg can read (${reason})`;
}
