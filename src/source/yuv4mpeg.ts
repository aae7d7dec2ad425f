import { runtimeError } from "../errors.ts";
import { Status } from "../layout/layout.gen.ts";
import { type Address, library } from "../native/library.ts";

/** Stands before every picture; ffmpeg writes no parameters into it. */
const MARK = new TextEncoder().encode("FRAME\n");
/** A header is some 60 bytes long: signature, size, rate, interlacing, aspect, chroma. */
const HEADER_BYTES_MAX = 1024;
const NEWLINE = 0x0a;

/**
 * Reads what stands between the pictures of a YUV4MPEG2 stream (`man yuv4mpeg` of mjpegtools): one
 * line of header, and a line before each picture.
 */
export class Yuv4mpegMarks {
  readonly #fd: number;
  readonly #stopAddress: Address;
  readonly #bytes = new Uint8Array(new SharedArrayBuffer(MARK.length));
  #isBegun = false;

  constructor(fd: number, stopAddress: Address) {
    this.#fd = fd;
    this.#stopAddress = stopAddress;
  }

  /**
   * Passes over what stands before the next picture. HOT: once a frame.
   *
   * @param readBytes bytes of a mark that was cut short, as `aip_pipe_read` tells them
   * @returns OK, END, STOPPED or a negative status
   * @throws {AipError} `ingest-failed` where something else stands there
   */
  pass(readBytes: Uint32Array): number {
    if (!this.#isBegun) {
      const status = this.#passHeader(readBytes);
      if (status !== Status.ok) return status;
      this.#isBegun = true;
    }
    const status = this.#read(MARK.length, readBytes);
    if (status !== Status.ok) return status;
    for (let index = 0; index < MARK.length; index += 1) {
      if (this.#bytes[index] !== MARK[index]) throw outOfStep("a picture's mark is missing");
    }
    return status;
  }

  #passHeader(readBytes: Uint32Array): number {
    for (let count = 0; count < HEADER_BYTES_MAX; count += 1) {
      const status = this.#read(1, readBytes);
      if (status !== Status.ok || this.#bytes[0] === NEWLINE) return status;
    }
    throw outOfStep("its header does not end");
  }

  #read(sizeBytes: number, readBytes: Uint32Array): number {
    const bytes = this.#bytes;
    return library().aip_pipe_read(this.#fd, bytes, sizeBytes, this.#stopAddress, readBytes);
  }
}

function outOfStep(reason: string): Error {
  return runtimeError("ingest-failed", `The decoder's stream is not what was asked for: ${reason}`);
}
