import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether this machine can make and read videos; tests that need to skip otherwise. */
export const hasFfmpeg: boolean = Bun.which("ffmpeg") !== null && Bun.which("ffprobe") !== null;

/** A folder of its own under the temporary one. */
export class MediaFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), "aip-source-"));

  /** Path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Makes a file with ffmpeg; returns its path. */
  make(name: string, ...args: readonly string[]): string {
    const path = this.file(name);
    ffmpeg(...args, path);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Runs ffmpeg and returns what it wrote to standard output. */
export function ffmpeg(...args: readonly string[]): Uint8Array {
  const command = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y", ...args];
  const { exitCode, stdout, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
  return stdout;
}

/** Input options for a moving test picture. */
export function testPicture(width: number, height: number, seconds: number, fps = 25): string[] {
  return ["-f", "lavfi", "-i", `testsrc=size=${width}x${height}:rate=${fps}:duration=${seconds}`];
}

/** Input options for pictures of one colour. */
export function plainColor(color: string, size: string, seconds = 0.2): string[] {
  return ["-f", "lavfi", "-i", `color=${color}:size=${size}:rate=25:duration=${seconds}`];
}
