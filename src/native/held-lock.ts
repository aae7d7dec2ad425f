import { closeSync, fstatSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { lockFile } from "./file-lock.ts";

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/** A lock on a file, held until it is disposed of or this process ends, however it ends. */
export class HeldLock implements Disposable {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** The lock, or null where somebody holds it. The file is made, and stays until its holder removes it. */
  static try(path: string): HeldLock | null {
    mkdirSync(dirname(path), { recursive: true });
    const fd = openSync(path, "a");
    // Whoever held it before may have removed the file, and another process made the next.
    const isLocked = lockFile(fd) && fstatSync(fd).ino === inodeOf(path);
    if (isLocked) return new HeldLock(fd);
    closeSync(fd);
    return null;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
