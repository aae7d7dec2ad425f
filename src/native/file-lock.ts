import { dlopen, FFIType, read } from "bun:ffi";
import { closeSync, openSync, statSync } from "node:fs";

const IS_MAC = process.platform === "darwin";
const LIBC = IS_MAC ? "libSystem.B.dylib" : "libc.so.6";
const ERRNO_NAME = IS_MAC ? "__error" : "__errno_location";
/** `EWOULDBLOCK`: somebody else holds the lock. Other errors: this file system has no locks. */
const WOULD_BLOCK = IS_MAC ? 35 : 11;
const LOCK_EX = 2;
const LOCK_NB = 4;

let libc: { flock(fd: number, operation: number): number; errno(): number } | undefined;

/**
 * Takes the lock on an open file, without waiting, for as long as it stays open: flock(2). The
 * kernel gives it up with the process, however that ends, so nothing can be left behind. It binds
 * those who ask for it, and nobody else.
 *
 * @returns false where it is taken, be it by this process, which opened the file another time
 */
export function lockFile(fd: number): boolean {
  libc ??= openLibc();
  return libc.flock(fd, LOCK_EX | LOCK_NB) === 0 || libc.errno() !== WOULD_BLOCK;
}

/** Whether somebody holds the lock on a file; false where it cannot be opened, or is no file. */
export function isFileLocked(path: string): boolean {
  let fd: number;
  try {
    // Opening a named pipe would wait for its other end.
    if (!statSync(path).isFile()) return false;
    fd = openSync(path, "r");
  } catch {
    // Whoever wants to write it says what is wrong.
    return false;
  }
  try {
    return !lockFile(fd);
  } finally {
    closeSync(fd);
  }
}

function openLibc(): NonNullable<typeof libc> {
  const { symbols } = dlopen(LIBC, {
    flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    [ERRNO_NAME]: { args: [], returns: FFIType.ptr },
  });
  const { flock, [ERRNO_NAME]: errnoPlace } = symbols as Record<
    string,
    (...args: number[]) => number
  >;
  if (flock === undefined || errnoPlace === undefined) throw new TypeError("libc lacks flock");
  return { flock, errno: () => read.i32(errnoPlace() as Parameters<typeof read.i32>[0]) };
}
