/** The worker that thins one video's packets on their way to the decoder. It blocks on pipes. */
import { closeSync, readSync, writeSync } from "node:fs";
import { PacketThinner, type PacketThinnerOptions } from "./packet-thinner.ts";

/** What the worker is started with. */
export interface ThinnerTask extends PacketThinnerOptions {
  /** Read end of the pipe with all packets, and write end of the decoder's. The worker closes both. */
  readonly fromFd: number;
  readonly toFd: number;
}

/** How it ended: why packets could not be thinned, null where all were, or nobody wants more. */
export interface ThinnerEnd {
  readonly failure: string | null;
}

declare const self: Worker;

const READ_BYTES = 1 << 18;

self.onmessage = ({ data }: MessageEvent<ThinnerTask>): void => {
  let failure: string | null = null;
  try {
    pump(data);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  closeSync(data.fromFd);
  closeSync(data.toFd);
  self.postMessage({ failure } satisfies ThinnerEnd);
};

/** Reads, thins and writes until either side hangs up. */
function pump({ fromFd, toFd, ...options }: ThinnerTask): void {
  const thinner = new PacketThinner(options);
  const bytes = new Uint8Array(READ_BYTES);
  for (let count = readSync(fromFd, bytes); count > 0; count = readSync(fromFd, bytes)) {
    if (!isWritten(toFd, thinner.push(bytes.subarray(0, count)))) return;
  }
  thinner.end();
}

/** @returns false where the decoder is gone: it says itself why */
function isWritten(fd: number, bytes: Buffer): boolean {
  try {
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EPIPE") return false;
    throw error;
  }
}
