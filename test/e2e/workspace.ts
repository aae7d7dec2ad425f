import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Report } from "../../src/metrics/report.ts";
import { aipProcess, type Outcome, spawnAip } from "../cli/process.ts";

/** A line of results, as far as these tests read it. */
export interface Line {
  readonly source: string;
  readonly frame: number;
  readonly status: string;
  readonly device?: string;
  readonly file?: string;
}

/** A folder of its own, in which `aip` runs and leaves its files. */
export class Workspace {
  readonly path: string = mkdtempSync(join(tmpdir(), "aip-e2e-"));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Runs `aip run` with the words of `line`, to its end. */
  run(line: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return aipProcess(["run", ...line.split(" ")], { cwd: this.path, env });
  }

  /** Starts `aip run` with the words of `line`. */
  start(line: string): ReturnType<typeof spawnAip> {
    return spawnAip(["run", ...line.split(" ")], { cwd: this.path });
  }

  report(name: string): Promise<Report> {
    return Bun.file(this.file(name)).json();
  }

  /** The results in a file; throws where a line is not whole. */
  async lines(name: string): Promise<Line[]> {
    const text = await Bun.file(this.file(name)).text();
    if (text !== "" && !text.endsWith("\n")) throw new Error(`${name} ends inside a line`);
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Line]));
  }

  /** Frame numbers by source, in the order of the file. */
  async frames(name: string): Promise<Record<string, number[]>> {
    const frames: Record<string, number[]> = {};
    for (const { source, frame } of await this.lines(name)) {
      frames[source] ??= [];
      frames[source].push(frame);
    }
    return frames;
  }

  /** How many pictures ffprobe can decode from a video; throws where it cannot read it. */
  countPictures(name: string): number {
    const entries = ["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"];
    const command = ["ffprobe", "-v", "error", "-count_frames", ...entries, this.file(name)];
    const { exitCode, stdout, stderr } = Bun.spawnSync(command);
    if (exitCode !== 0 || stderr.length > 0) throw new Error(`${name}: ${stderr.toString()}`);
    return Number.parseInt(stdout.toString(), 10);
  }

  /** Makes a test video of so many pictures of 320×240, 25 a second. */
  makeVideo(name: string, frameCount: number, ...options: readonly string[]): void {
    const input = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=25", "-frames:v"];
    const command = [...input, String(frameCount), "-pix_fmt", "yuv420p", "-g", "10", ...options];
    this.#encode(name, command);
  }

  /** Makes a test picture, and the folders it lies in. */
  makePicture(name: string, size: string): void {
    mkdirSync(dirname(this.file(name)), { recursive: true });
    this.#encode(name, ["-f", "lavfi", "-i", `testsrc=size=${size}`, "-frames:v", "1"]);
  }

  #encode(name: string, command: readonly string[]): void {
    const made = Bun.spawnSync(["ffmpeg", "-v", "error", ...command, this.file(name)]);
    if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  }
}

/** Numbers from 0, as many as asked for. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

/** The sentences for people in what `aip` wrote to stderr. */
export function sentences(stderr: string): string[] {
  return stderr.split("\n").filter((line) => line.startsWith("aip: "));
}

/** Waits until a condition holds; throws after most of a minute. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (condition()) return;
    await Bun.sleep(50);
  }
  throw new Error(`waited in vain: ${what}`);
}
