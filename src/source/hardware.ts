import { existsSync, readdirSync } from "node:fs";
import { runTool } from "./tool.ts";

/** How decoding is moved off the CPU: `auto` uses what works on this machine, `none` nothing. */
export type HardwareChoice = "auto" | "none";

/** A hardware decoder of this machine, as ffmpeg is told about it. */
export interface HardwareDecoder {
  readonly name: "videotoolbox" | "vaapi";
  /** Options before `-i`. Streams it cannot decode fall back to the CPU. */
  readonly arguments: readonly string[];
}

const DRI = "/dev/dri";
const VAAPI_CHECK_LIMIT_MS = 3000;

let vaapi: Promise<HardwareDecoder | null> | undefined;

/** Finds this machine's decoder; null for the CPU. */
export async function findHardwareDecoder(
  choice: HardwareChoice,
  platform: NodeJS.Platform = process.platform,
): Promise<HardwareDecoder | null> {
  if (choice === "none") return null;
  if (platform === "darwin") {
    return { name: "videotoolbox", arguments: ["-hwaccel", "videotoolbox"] };
  }
  if (platform !== "linux") return null;
  vaapi ??= findVaapi();
  return await vaapi;
}

/**
 * The first render node whose driver starts. A node alone says nothing: its driver may be missing.
 */
async function findVaapi(): Promise<HardwareDecoder | null> {
  const nodes = existsSync(DRI)
    ? readdirSync(DRI).filter((name) => name.startsWith("renderD"))
    : [];
  for (const node of nodes.sort()) {
    const device = `${DRI}/${node}`;
    const check = await runTool(
      "ffmpeg",
      [
        ...["-nostdin", "-hide_banner", "-loglevel", "error"],
        ...["-init_hw_device", `vaapi=va:${device}`],
        ...["-f", "lavfi", "-i", "nullsrc=s=64x64", "-frames:v", "1", "-f", "null", "-"],
      ],
      VAAPI_CHECK_LIMIT_MS,
    );
    if (check.exitCode === 0) {
      return { name: "vaapi", arguments: ["-hwaccel", "vaapi", "-hwaccel_device", device] };
    }
  }
  return null;
}
