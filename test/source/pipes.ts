import { dlopen, FFIType } from "bun:ffi";
import { readdirSync, readlinkSync } from "node:fs";
import type { PipeFactory } from "../../src/source/decoder.ts";

const mac = process.platform === "darwin";
const F_SETFD = 2;
const FD_CLOEXEC = 1;

const { symbols: libc } = dlopen(mac ? "libSystem.B.dylib" : "libc.so.6", {
  pipe: { args: [FFIType.ptr], returns: FFIType.i32 },
  fcntl: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  close: { args: [FFIType.i32], returns: FFIType.i32 },
});

/** Pipes from the C library: these tests run without the native library. */
export const pipes: PipeFactory = {
  createPipe() {
    const fds = new Int32Array(new SharedArrayBuffer(8));
    if (libc.pipe(fds) !== 0) throw new Error("pipe() failed");
    const [readFd, writeFd] = [fds[0] as number, fds[1] as number];
    libc.fcntl(readFd, F_SETFD, FD_CLOEXEC);
    libc.fcntl(writeFd, F_SETFD, FD_CLOEXEC);
    return { readFd, writeFd };
  },
  closeFd(fd) {
    if (libc.close(fd) !== 0) throw new Error(`close(${fd}) failed`);
  },
};

/** What the system calls the pipes that are open; other descriptors are the runtime's own. */
export function openPipes(): string[] {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // The one the listing itself was read through.
    }
  });
  return links.filter((link) => link.startsWith("pipe:")).sort();
}
