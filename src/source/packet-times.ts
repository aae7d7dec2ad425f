import { runTool } from "./tool.ts";

/** All of a file is read, though nothing decoded. */
const LIMIT_MS = 600_000;

/**
 * Presentation times of a video file's frames, as its packets say them: in ms since the first one, in
 * ascending order. The file is read, not decoded.
 *
 * @returns null where packets carry no times, or ffprobe cannot read the file
 */
export async function packetTimes(path: string): Promise<Float64Array | null> {
  const wanted = ["-select_streams", "V:0", "-show_entries", "packet=pts_time,flags"];
  const args = ["-v", "error", ...wanted, "-of", "csv=p=0", "-i", `file:${path}`];
  const { exitCode, stdout } = await runTool("ffprobe", args, LIMIT_MS);
  if (exitCode !== 0) return null;
  const times: number[] = [];
  for (const line of stdout.split("\n")) {
    const [time = "", flags = ""] = line.split(",");
    // An edit list leaves them out: they are decoded and not shown.
    if (line === "" || flags.includes("D")) continue;
    times.push(1000 * Number(time));
  }
  if (times.length === 0 || times.some(Number.isNaN)) return null;
  const ordered = Float64Array.from(times).sort();
  const first = ordered[0] as number;
  return ordered.map((time) => time - first);
}
