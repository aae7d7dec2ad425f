import { readFileSync } from "node:fs";
import { type AipError, runtimeError } from "../errors.ts";
import { closeFd, createPipe } from "../native/library.ts";
import { cameraPhaseMs, cameraPlace } from "../schedule/camera-load.ts";
import { Decoder } from "../source/decoder.ts";
import type { DecodeRequest } from "../source/ffmpeg.ts";
import type { IngestSegment, Source, SourceInfo } from "../source/source.ts";
import type { CameraClip } from "./camera-clip.ts";

/** Time for all decoders to have their first picture ready, and more for each. */
const LEAD_MS = 300;
const LEAD_PER_CAMERA_MS = 60;

/** What cameras play, and how. */
export interface CamerasOptions {
  readonly clip: CameraClip;
  readonly count: number;
  /** Frames a second of each, for their phases; null where they are not paced. */
  readonly fps: number | null;
}

/**
 * Live cameras for a trial: each is a decoder of its own that plays the clip over and over. Their
 * frames are staggered evenly, and they begin at different places of the clip, so that its key
 * frames, which take longest to decode, do not come from all cameras at once. The pace is the run's
 * own (`fps`), so that a decoder works when its frame is due, as behind a real camera.
 */
export function openCameras(options: CamerasOptions): readonly Camera[] {
  const start = new CommonStart(options.count);
  return Array.from({ length: options.count }, (_, index) => new Camera(options, index, start));
}

/** The moment at which the first of several cameras begins, once all of them are ready. */
class CommonStart {
  readonly #count: number;
  readonly #begun = Promise.withResolvers<number>();
  #readyCount = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** Says that one more is ready; returns the common moment, on the clock of `performance`. */
  ready(): Promise<number> {
    this.#readyCount += 1;
    if (this.#readyCount === this.#count) {
      this.#begun.resolve(performance.now() + LEAD_MS + LEAD_PER_CAMERA_MS * this.#count);
    }
    return this.#begun.promise;
  }

  /** One will never be ready: nobody waits for it. */
  give(): void {
    this.#begun.resolve(performance.now());
  }
}

/** One camera: a clip in a loop, one segment without end. */
export class Camera implements Source {
  readonly name: string;
  readonly spec: string;
  readonly live = true;
  readonly info: SourceInfo;
  readonly #request: DecodeRequest;
  readonly #phaseMs: number;
  readonly #start: CommonStart;
  #decoder: Decoder | undefined;
  #residentBytes: number | null = null;
  #isClosed = false;

  constructor({ clip, count, fps }: CamerasOptions, index: number, start: CommonStart) {
    this.name = `camera-${index}`;
    this.spec = this.name;
    this.info = {
      geometry: clip.request.format.geometry,
      ...(fps !== null && { fps }),
      description: clip.description,
    };
    this.#request = fps === null ? clip.request : from(placeS(clip, index), clip.request);
    this.#phaseMs = fps === null ? 0 : cameraPhaseMs(index, count, fps);
    this.#start = start;
  }

  /** Most memory the decoder held, where the system tells; null before it has ended. */
  get memoryBytes(): number | null {
    return this.#residentBytes;
  }

  /** Processor time of the decoder in ms; undefined before it has ended. */
  decoderCpuMs(): number | undefined {
    return this.#decoder?.cpuMs;
  }

  async open(): Promise<IngestSegment | null> {
    if (this.#decoder !== undefined || this.#isClosed) return null;
    const decoder = new Decoder(this.#request, { createPipe, closeFd });
    this.#decoder = decoder;
    const beginMs = (await this.#start.ready()) + this.#phaseMs;
    if (!this.#isClosed) await Bun.sleep(Math.max(0, beginMs - performance.now()));
    return {
      kind: "pipe",
      fd: decoder.pictureFd,
      timestampFd: decoder.timestampFd,
      startMs: 0,
      geometry: this.info.geometry,
    };
  }

  /** The clip has no end: a decoder that has come to one has failed. */
  async finish(): Promise<AipError | null> {
    const exit = await this.#decoder?.exit();
    if (exit === undefined || exit.stopped) return null;
    const reason = exit.log.last ?? `ffmpeg ended with ${exit.signal ?? `code ${exit.code}`}`;
    return runtimeError("camera-failed", `Camera "${this.name}" broke off: ${reason}`);
  }

  notes(): readonly string[] {
    return [];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#start.give();
    if (this.#decoder === undefined) return;
    this.#residentBytes ??= residentBytes(this.#decoder.pid);
    await this.#decoder.stop();
  }
}

/** Where in the clip a camera begins, in s. */
function placeS({ stream }: CameraClip, index: number): number {
  return cameraPlace(index) * (stream.durationS ?? 0);
}

/** A request that begins `seconds` into its input; the next turns of its loop are whole. */
function from(seconds: number, request: DecodeRequest): DecodeRequest {
  return { ...request, input: ["-ss", seconds.toFixed(3), ...request.input] };
}

/**
 * Most memory a process has held so far, where the system tells. (What is known of an ended one
 * begins, on Linux, with the memory of the parent it was forked from.)
 */
function residentBytes(pid: number): number | null {
  if (process.platform !== "linux") return null;
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    // It has ended by itself.
    return null;
  }
}
