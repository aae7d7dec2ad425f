import { type DecodeRequest, decodeArguments } from "./ffmpeg.ts";
import { type FfmpegExit, FfmpegProcess } from "./ffmpeg-process.ts";

/** Makes pipes whose ends no child inherits by accident (close-on-exec). */
export interface PipeFactory {
  createPipe(capacityBytes: number): { readonly readFd: number; readonly writeFd: number };
  closeFd(fd: number): void;
}

/** Fewer, larger reads: one wake-up of the reader serves more of the picture. */
const PICTURE_PIPE_BYTES = 1 << 20;
/** Room for the times of some 1,500 pictures; they are written one by one, in step. */
const TIMESTAMP_PIPE_BYTES = 1 << 16;

/** One ffmpeg process that writes raw pictures and their times into two pipes. */
export class Decoder {
  /** Read ends; whoever reads them closes them. */
  readonly pictureFd: number;
  readonly timestampFd: number;
  readonly #process: FfmpegProcess;

  /**
   * Starts ffmpeg.
   *
   * @param stdin text for its standard input, or what it reads from, where the input options read one
   * @throws {AipError} where ffmpeg is missing or a pipe cannot be made
   */
  constructor(request: DecodeRequest, pipes: PipeFactory, stdin?: Uint8Array | number) {
    const picture = pipes.createPipe(PICTURE_PIPE_BYTES);
    const open = [picture];
    try {
      const timestamp = pipes.createPipe(TIMESTAMP_PIPE_BYTES);
      open.push(timestamp);
      this.#process = new FfmpegProcess(decodeArguments(request), {
        ...(stdin !== undefined && { stdin }),
        stdout: picture.writeFd,
        further: [timestamp.writeFd],
      });
      this.timestampFd = timestamp.readFd;
    } catch (error) {
      for (const pipe of open) {
        pipes.closeFd(pipe.readFd);
        pipes.closeFd(pipe.writeFd);
      }
      throw error;
    }
    this.pictureFd = picture.readFd;
    // Our copies of the write ends would keep the reader from ever seeing the end.
    for (const pipe of open) pipes.closeFd(pipe.writeFd);
  }

  /** Process number, for tests that end it from outside. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Processor time it took in ms; undefined while it runs. */
  get cpuMs(): number | undefined {
    return this.#process.cpuMs;
  }

  /** Waits for the exit; a decoder that does not exit is ended. */
  exit(): Promise<FfmpegExit> {
    return this.#process.exit();
  }

  /** Ends the process, if it still runs, and waits until it is gone. */
  stop(): Promise<void> {
    return this.#process.stop();
  }
}
