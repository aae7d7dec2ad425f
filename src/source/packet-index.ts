import { runTool } from "./tool.ts";

/** All of a file is read, though nothing decoded. */
const LIMIT_MS = 600_000;
/** From so long a leap on ffmpeg takes times to begin anew (its `-dts_delta_threshold`). */
const LEAP_SECONDS = 10;

/** When the frames of a video file are shown, as its packets say: nothing is decoded. */
export interface PacketIndex {
  /** By frame, in ticks since the first one, in ascending order. */
  readonly ticks: Float64Array;
  readonly ticksPerSecond: number;
  /**
   * Every packet is one frame that is shown, at a time of its own, the first packet is the first
   * frame, and can be decoded by itself. Edited files, broken and spliced ones are not so.
   */
  readonly isRegular: boolean;
}

interface Packet {
  readonly pts: number;
  readonly dts: number;
  /** ffprobe's: K of a key frame, D of one that is decoded and not shown, C of a damaged one. */
  readonly flags: string;
}

/**
 * Reads a video file's packets.
 *
 * @param signal ends the reading at once, as if the file could not be read
 * @returns null where packets carry no times, or ffprobe cannot read the file
 */
export async function readPacketIndex(
  path: string,
  signal?: AbortSignal,
): Promise<PacketIndex | null> {
  const entries = ["-show_entries", "packet=pts,dts,flags:stream=time_base"];
  const args = ["-v", "error", "-select_streams", "V:0", ...entries, "-of", "csv=p=0"];
  const input = ["-i", `file:${path}`];
  const { exitCode, stdout } = await runTool("ffprobe", [...args, ...input], LIMIT_MS, signal);
  return exitCode === 0 ? parsePackets(stdout) : null;
}

/** Times of an index in whole microseconds as ffmpeg rounds them, here in ms. */
export function timesMsOf({ ticks, ticksPerSecond }: PacketIndex): Float64Array {
  return ticks.map((tick) => {
    const seconds = Math.floor(tick / ticksPerSecond);
    const rest = tick - seconds * ticksPerSecond;
    return seconds * 1000 + Math.round((rest * 1e6) / ticksPerSecond) / 1000;
  });
}

/** Packets line by line, and the stream's time base, such as `1/90000`. */
function parsePackets(text: string): PacketIndex | null {
  const packets: Packet[] = [];
  let ticksPerSecond = Number.NaN;
  for (const line of text.split("\n")) {
    const [pts = "", dts = "", flags = ""] = line.split(",");
    const base = /^(\d+)\/(\d+)$/.exec(pts);
    if (base !== null) ticksPerSecond = Number(base[2]) / Number(base[1]);
    else if (pts !== "") packets.push({ pts: Number(pts), dts: Number(dts), flags });
  }
  // An edit list hides frames.
  const shown = packets.filter(({ flags }) => !flags.includes("D"));
  const ordered = Float64Array.from(shown, ({ pts }) => pts).sort();
  const first = ordered[0];
  // NaN, a packet without a time, is sorted to the end.
  if (first === undefined || !(ticksPerSecond > 0) || Number.isNaN(ordered.at(-1))) return null;
  const ticks = ordered.map((pts) => pts - first);
  const isRegular =
    shown.length === packets.length &&
    Number.isInteger(ticksPerSecond) &&
    packets[0]?.pts === first &&
    packets[0].flags.includes("K") &&
    packets.every(
      ({ dts, flags }, index) =>
        !flags.includes("C") && !(index > 0 && dts <= (packets[index - 1] as Packet).dts),
    ) &&
    ticks.every((tick, frame) => {
      const sinceLast = frame === 0 ? 1 : tick - (ticks[frame - 1] as number);
      return sinceLast > 0 && sinceLast < LEAP_SECONDS * ticksPerSecond;
    });
  return { ticks, ticksPerSecond, isRegular };
}
