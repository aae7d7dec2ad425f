import type { PipeFactory } from "../decoder.ts";
import { type FfmpegExit, FfmpegProcess } from "../ffmpeg-process.ts";
import type { PacketIndex } from "../packet-index.ts";
import type { Thinning } from "../source.ts";
import type { ThinnerEnd, ThinnerTask } from "./thinner-worker.ts";

export interface ThinnedPacketsOptions {
  /** ffmpeg's input options with their `-i`. */
  readonly input: readonly string[];
  readonly index: PacketIndex;
  readonly thinning: Thinning;
  readonly pipes: PipeFactory;
}

/** Fewer, larger reads and writes. */
const PIPE_BYTES = 1 << 20;
/** What ffmpeg does not say of its own accord. */
const FAILED = 1;

/**
 * The packets of a video's wanted pictures, and of those they rest on: ffmpeg reads the container,
 * a worker leaves packets out. The decoder reads them as MP4, numbers in place of times.
 */
export class ThinnedPackets {
  /** Read end of a pipe, for the decoder's standard input. Whoever starts the decoder closes it. */
  readonly fd: number;
  readonly #process: FfmpegProcess;
  readonly #worker: Worker;
  readonly #ended = Promise.withResolvers<ThinnerEnd>();

  /** @throws {AipError} where ffmpeg is missing or a pipe cannot be made */
  constructor({ input, index, thinning, pipes }: ThinnedPacketsOptions) {
    const all = pipes.createPipe(PIPE_BYTES);
    const open = [all.readFd, all.writeFd];
    try {
      const thinned = pipes.createPipe(PIPE_BYTES);
      open.push(thinned.readFd, thinned.writeFd);
      this.#process = new FfmpegProcess(fragmentArguments(input, index), { stdout: all.writeFd });
      this.fd = thinned.readFd;
      const task = { ticks: index.ticks, thinning, fromFd: all.readFd, toFd: thinned.writeFd };
      this.#worker = this.#start(task, pipes);
    } catch (error) {
      for (const fd of open) pipes.closeFd(fd);
      throw error;
    }
    pipes.closeFd(all.writeFd);
  }

  /** Processor time of ffmpeg in ms; undefined while it runs. */
  get cpuMs(): number | undefined {
    return this.#process.cpuMs;
  }

  /** Waits until both have ended, which they do once the decoder has. */
  async exit(): Promise<FfmpegExit> {
    const exit = await this.#process.exit();
    const { failure } = await this.#ended.promise;
    this.#worker.terminate();
    if (failure === null) return exit;
    exit.log.push(`${failure}\n`);
    return { ...exit, code: exit.code === 0 ? FAILED : exit.code };
  }

  /** Ends both, and waits until they are gone. The decoder has to be stopped too. */
  async stop(): Promise<void> {
    await this.#process.stop();
    await this.#ended.promise;
    this.#worker.terminate();
  }

  #start(task: ThinnerTask, pipes: PipeFactory): Worker {
    const worker = new Worker(new URL("./thinner-worker.ts", import.meta.url).href);
    worker.onmessage = ({ data }: MessageEvent<ThinnerEnd>): void => this.#ended.resolve(data);
    worker.onerror = (event): void => {
      event.preventDefault();
      // It has not begun: all it reports otherwise, and closes its pipes.
      pipes.closeFd(task.fromFd);
      pipes.closeFd(task.toFd);
      this.#ended.resolve({ failure: event.message });
    };
    worker.postMessage(task);
    return worker;
  }
}

/**
 * Arguments for an ffmpeg that writes a video's packets to standard output, undecoded: MP4 with a
 * fragment for each, in the ticks of the stream.
 */
function fragmentArguments(input: readonly string[], index: PacketIndex): string[] {
  return [
    ...["-nostdin", "-hide_banner", "-loglevel", "level+error"],
    ...input,
    ...["-map", "0:V:0", "-an", "-sn", "-dn", "-c", "copy"],
    ...["-video_track_timescale", String(index.ticksPerSecond)],
    ...["-movflags", "empty_moov+default_base_moof+frag_every_frame"],
    ...["-f", "mp4", "pipe:1"],
  ];
}
