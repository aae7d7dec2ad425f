import { toolMissing, usageError } from "../errors.ts";
import { parseVersion } from "./ffmpeg.ts";

/** What a short-lived tool left behind. */
export interface ToolResult {
  /** Null when it was ended: for taking too long, or by the caller's signal. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** As long as a probe gets: on a busy machine a process is slow to start. */
const VERSION_LIMIT_MS = 30_000;
const version = new Map<string, Promise<readonly [number, number]>>();

/**
 * Path of `ffmpeg` or `ffprobe`.
 *
 * @throws {AipError} `ffmpeg-missing`, saying how to install it
 */
export function findTool(name: "ffmpeg" | "ffprobe"): string {
  const path = Bun.which(name, { PATH: process.env["PATH"] ?? "" });
  if (path !== null) return path;
  throw toolMissing(name);
}

/**
 * Runs a tool to its end, or to its time limit, and collects what it printed.
 * @param signal ends it at once
 */
export async function runTool(
  name: "ffmpeg" | "ffprobe",
  args: readonly string[],
  limitMs: number,
  signal?: AbortSignal,
): Promise<ToolResult> {
  if (signal?.aborted === true) return { exitCode: null, stdout: "", stderr: "" };
  const child = Bun.spawn([findTool(name), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: limitMs,
    killSignal: "SIGKILL",
    // A session of its own: Ctrl-C is for us alone, or a probe would seem to have failed.
    detached: true,
    ...(signal !== undefined && { signal }),
  });
  // A stream's own `text()` is Bun's alone: applications that also have the DOM's types lack it.
  const textOf = (stream: ReadableStream): Promise<string> => new Response(stream).text();
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  await child.exited;
  return { exitCode: child.signalCode === null ? child.exitCode : null, stdout, stderr };
}

/** Major and minor version of the ffmpeg on the PATH, asked once. */
export async function ffmpegVersion(): Promise<readonly [major: number, minor: number]> {
  const path = findTool("ffmpeg");
  let known = version.get(path);
  if (known === undefined) {
    known = askVersion(path);
    version.set(path, known);
  }
  return await known;
}

async function askVersion(path: string): Promise<readonly [number, number]> {
  const result = await runTool("ffmpeg", ["-version"], VERSION_LIMIT_MS);
  if (result.exitCode === 0) return parseVersion(result.stdout);
  const reason =
    result.exitCode === null
      ? `it did not say its version within ${VERSION_LIMIT_MS / 1000} s`
      : result.stderr.split("\n", 1)[0] || `it ended with code ${result.exitCode}`;
  throw usageError("ffmpeg-unusable", `"${path}" does not run: ${reason}`);
}
