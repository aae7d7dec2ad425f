import type { SystemCommand } from "../backend/system-command.ts";

/** What one of ffmpeg's programs is. */
export interface ToolState {
  readonly name: "ffmpeg" | "ffprobe";
  /** Null where it is not on the PATH. */
  readonly path: string | null;
  /** `5.1.6`; null where it does not run. */
  readonly version: string | null;
}

/** What this machine can decode videos with. */
export interface DecoderState {
  readonly tools: readonly ToolState[];
  /** Of the codecs that cameras and files mostly have: those that can be decoded. */
  readonly codecs: readonly string[];
  /** Those that cannot. */
  readonly missing_codecs: readonly string[];
  /** ways of hardware decoding that this ffmpeg was built with: `videotoolbox`, `vaapi`. */
  readonly hardware: readonly string[];
}

const TOOLS = ["ffmpeg", "ffprobe"] as const;
const CODECS: readonly string[] = ["h264", "hevc", "av1", "vp9", "mpeg4", "mjpeg"];
/** The names decoders other than ffmpeg's own have. */
const DECODERS: Readonly<Record<string, readonly string[]>> = { av1: ["av1", "libdav1d"] };
const HARDWARE: readonly string[] = ["videotoolbox", "vaapi"];

/** Asks ffmpeg and ffprobe about themselves. */
export async function inspectTools(
  command: SystemCommand,
  which: (name: string) => string | null = (name) => Bun.which(name),
): Promise<DecoderState> {
  const tools = await Promise.all(
    TOOLS.map(async (name): Promise<ToolState> => {
      const path = which(name);
      if (path === null) return { name, path, version: null };
      return { name, path, version: parseToolVersion((await command([name, "-version"])) ?? "") };
    }),
  );
  const [decoders, accelerations] = await Promise.all([
    command(["ffmpeg", "-hide_banner", "-decoders"]),
    command(["ffmpeg", "-hide_banner", "-hwaccels"]),
  ]);
  const names = parseDecoders(decoders ?? "");
  const canDecode = (codec: string): boolean =>
    (DECODERS[codec] ?? [codec]).some((name) => names.has(name));
  return {
    tools,
    codecs: CODECS.filter(canDecode),
    missing_codecs: CODECS.filter((codec) => !canDecode(codec)),
    hardware: HARDWARE.filter((name) => parseWords(accelerations ?? "").has(name)),
  };
}

/** `ffmpeg version 5.1.6-0+deb12u1 Copyright …` → `5.1.6-0+deb12u1`. Pure. */
export function parseToolVersion(text: string): string | null {
  return /^ff(?:mpeg|probe) version (\S+)/.exec(text)?.[1] ?? null;
}

/** Names of the video decoders in `ffmpeg -decoders`: lines such as ` VFS..D h264  H.264 …`. */
function parseDecoders(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^ V\S{5} (\S+)/gm)].map((match) => match[1] as string));
}

function parseWords(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}
