import { writeSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { runtimeError } from "../errors.ts";
import { readGeometry } from "../layout/slot-geometry.ts";
import { closeFd, createPipe } from "../native/library.ts";
import type { FrameView, RunContext } from "../types.ts";
import {
  type Encoder,
  type EncoderChoice,
  findEncoder,
  isEven,
  muxerFor,
  startEncoder,
} from "./encoder.ts";
import { reasonOf } from "./line-writer.ts";
import { partPathOf } from "./part-path.ts";
import { streamHeader } from "./raw-matroska.ts";
import type { Sink } from "./sink.ts";
import { IN_FLIGHT_MAX, VideoLink } from "./video-link.ts";
import { videoPaths } from "./video-paths.ts";
import type { VideoMessage, VideoTask } from "./video-worker.ts";

const PIPE_BYTES = 1 << 20;
const GRACE_MS = 10_000;

/** One source's video. */
interface Track {
  readonly path: string;
  /** Written first, renamed when whole. */
  readonly partPath: string;
  readonly encoder: Encoder;
}

export interface VideoSinkOptions {
  /** File to write, an .mp4; several sources get `FILE-SOURCE.mp4` each. */
  readonly path: string;
  /** How long a run that did not end well waits for frames on their way, in ms. Default 10,000. */
  readonly graceMs?: number;
  /** Constant rate factor of libx264, 0–51; default 20. */
  readonly crf?: number;
}

/**
 * The video with boxes drawn in, as H.264 in MP4, one file a source. Frames are drawn in place (a
 * slot's pixels change) and piped to ffmpeg by a worker of its own, with their true times: a
 * variable frame rate stays, the picture before a dropped frame stands until the next one. Times
 * count from the first frame. Failed frames appear without boxes.
 *
 * The file appears under its name when it is whole. An interrupted run leaves the video of what was
 * done; a broken encoder ends the run and leaves nothing.
 */
export class VideoSink implements Sink {
  readonly name = "video";
  readonly option = "--annotate";
  readonly #path: string;
  readonly #graceMs: number;
  readonly #crf: number | undefined;
  readonly #notes = new Set<string>();
  readonly #outputs: string[] = [];
  readonly #tracks: (Track | undefined)[] = [];
  /** Slots with the worker, or waiting to be sent to it. */
  readonly #held = new Set<number>();
  readonly #waiting: [slotIndex: number, slotOffset: number, resultOffset: number][] = [];
  #onAllSent: (() => void) | undefined;
  #inFlight = 0;
  #context: RunContext | undefined;
  #paths: readonly string[] = [];
  #choice: EncoderChoice | undefined;
  #link: VideoLink | undefined;
  #worker: Worker | undefined;
  #workerEnded: Promise<void> = Promise.resolve();
  #error: Error | undefined;
  #closing: Promise<void> | undefined;

  /** @throws {AipError} `output-format` where the name is not that of an MP4 file */
  constructor(options: VideoSinkOptions) {
    muxerFor(options.path);
    this.#path = options.path;
    this.#graceMs = options.graceMs ?? GRACE_MS;
    this.#crf = options.crf;
  }

  async open(context: RunContext): Promise<void> {
    this.#context = context;
    this.#choice = await findEncoder(this.#crf);
    if (this.#choice.note !== undefined) this.#notes.add(this.#choice.note);
    this.#paths = videoPaths(
      this.#path,
      context.sources.map(({ name }) => name),
    );
    this.#link = new VideoLink(context.sources.length);
    await this.#startWorker(context, this.#link);
  }

  write(frame: FrameView): void {
    const { slotIndex } = frame;
    if (slotIndex < 0 || this.#error !== undefined) return;
    const context = this.#context;
    if (context === undefined) throw new TypeError("write before open");
    if (this.#tracks[frame.sourceIndex] === undefined && !this.#tryTrack(frame, context)) return;
    frame.hold();
    this.#held.add(slotIndex);
    // Offset 0 is the arena's header: no result block lies there.
    const hasBoxes = frame.status === "ok" && frame.resultIndex >= 0;
    const resultOffset = hasBoxes ? context.resultOffsetBytes(frame.resultIndex) : 0;
    this.#send(slotIndex, context.slotOffsetBytes(slotIndex), resultOffset);
  }

  close(complete: boolean): Promise<void> {
    this.#closing ??= this.#close(complete);
    return this.#closing;
  }

  outputs(): readonly string[] {
    return this.#outputs;
  }

  notes(): readonly string[] {
    return [...this.#notes];
  }

  async #close(complete: boolean): Promise<void> {
    const told = this.#error;
    const isWell = complete && told === undefined;
    const grace = isWell ? undefined : setTimeout(() => this.#abort(), this.#graceMs);
    if (this.#waiting.length > 0) {
      const allSent = new Promise<void>((resolve) => {
        this.#onAllSent = resolve;
      });
      await Promise.race([allSent, this.#workerEnded]);
    }
    this.#link?.finish();
    await this.#workerEnded;
    this.#closePipes();
    this.#worker?.terminate();
    this.#releaseAll();
    for (const track of this.#tracks) if (track !== undefined) await this.#finishTrack(track);
    clearTimeout(grace);
    if (this.#error !== told && this.#error !== undefined) throw this.#error;
  }

  #startWorker(context: RunContext, link: VideoLink): Promise<void> {
    const worker = new Worker(new URL("./video-worker.ts", import.meta.url).href);
    this.#worker = worker;
    const ended = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    this.#workerEnded = ended.promise;
    const lose = (message: string): void => {
      const error = runtimeError("annotate-failed", `Cannot write "${this.#path}": ${message}`);
      ready.reject(error);
      this.#fail(error);
    };
    worker.onmessage = ({ data }: MessageEvent<VideoMessage>): void => {
      if (data.kind === "ready") ready.resolve();
      else if (data.kind === "done") this.#takeDone();
      else if (data.kind === "failed") lose(data.message);
      else ended.resolve();
    };
    worker.onerror = ({ message }): void => lose(message);
    worker.addEventListener("close", () => {
      if (this.#closing === undefined) lose("the video worker ended unexpectedly");
      ended.resolve();
    });
    const task: VideoTask = {
      arena: context.arena,
      link: link.buffer,
      sourceCount: context.sources.length,
      labels: context.labels,
    };
    worker.postMessage(task);
    return ready.promise;
  }

  #tryTrack(frame: FrameView, context: RunContext): boolean {
    try {
      this.#tracks[frame.sourceIndex] = this.#startTrack(frame, context);
      return true;
    } catch (cause) {
      const message = `Cannot start ffmpeg for "${this.#path}": ${reasonOf(cause)}`;
      this.#fail(runtimeError("annotate-failed", message, cause));
      return false;
    }
  }

  #startTrack(frame: FrameView, context: RunContext): Track {
    const source = context.sources[frame.sourceIndex] as RunContext["sources"][number];
    const path = this.#paths[frame.sourceIndex] as string;
    const partPath = partPathOf(path);
    const first = readGeometry(context.arena, context.slotOffsetBytes(frame.slotIndex));
    const geometry = {
      ...first,
      width: Math.max(source.width, first.width),
      height: Math.max(source.height, first.height),
    };
    if (!isEven(geometry)) {
      const size = `${geometry.width}×${geometry.height}`;
      this.#notes.add(`${path}: H.264 needs even sizes, ${size} was padded with black by a pixel`);
    }
    const { readFd, writeFd } = createPipe(PIPE_BYTES);
    const choice = this.#choice as EncoderChoice;
    const muxer = muxerFor(path);
    const encoder = startEncoder({ choice, geometry, muxer, path: partPath, stdin: readFd }, path);
    closeFd(readFd);
    // Fits the empty pipe, so this does not block.
    writeSync(writeFd, streamHeader(geometry, source.fps));
    this.#link?.setTrack(frame.sourceIndex, { fd: writeFd, ...geometry });
    void encoder.ended.then((error) => {
      if (error !== null) this.#fail(error);
    });
    return { path, partPath, encoder };
  }

  /** HOT: three values into a ring. Only with more than `IN_FLIGHT_MAX` frames held they wait. */
  #send(slotIndex: number, slotOffsetBytes: number, resultOffsetBytes: number): void {
    if (this.#inFlight < IN_FLIGHT_MAX) {
      this.#inFlight += 1;
      this.#link?.send(slotIndex, slotOffsetBytes, resultOffsetBytes);
    } else {
      this.#waiting.push([slotIndex, slotOffsetBytes, resultOffsetBytes]);
    }
  }

  #takeDone(): void {
    const link = this.#link as VideoLink;
    link.answerBell();
    for (let slot = link.takeDone(); slot >= 0; slot = link.takeDone()) {
      this.#inFlight -= 1;
      if (this.#held.delete(slot)) this.#context?.release(slot);
    }
    for (const frame of this.#waiting.splice(0, IN_FLIGHT_MAX - this.#inFlight)) {
      this.#send(...frame);
    }
    if (this.#waiting.length === 0) this.#onAllSent?.();
  }

  #releaseAll(): void {
    for (const slotIndex of this.#held) this.#context?.release(slotIndex);
    this.#held.clear();
  }

  /** Ends of pipes a worker that broke off has left open; ffmpeg waits for their end. */
  #closePipes(): void {
    for (const sourceIndex of this.#tracks.keys()) {
      const fd = this.#link?.track(sourceIndex).fd ?? -1;
      if (fd < 0) continue;
      this.#link?.clearTrack(sourceIndex);
      closeFd(fd);
    }
  }

  async #finishTrack({ path, partPath, encoder }: Track): Promise<void> {
    const broken = await encoder.ended;
    try {
      if (broken === null) {
        await rename(partPath, path);
        this.#outputs.push(path);
      } else {
        await rm(partPath, { force: true });
      }
    } catch (cause) {
      const message = `Cannot write "${path}": ${reasonOf(cause)}`;
      this.#error ??= runtimeError("output-failed", message, cause);
    }
  }

  #fail(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#context?.fail(error);
  }

  #abort(): void {
    this.#link?.abort();
    for (const track of this.#tracks) track?.encoder.kill();
  }
}
