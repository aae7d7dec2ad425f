import { runtimeError, toolMissing, usageError } from "../errors.ts";
import type { FrameGeometry } from "../types.ts";

/** Characters of ffmpeg's messages that are kept. */
const MESSAGE_LENGTH_MAX = 4096;

/** An H.264 or MPEG-4 encoder of the ffmpeg at hand. */
export interface EncoderChoice {
  readonly arguments: readonly string[];
  /** Ticks a second it can tell times in. */
  readonly ticksPerSecond: number;
  /** Set where it is not the one wanted. */
  readonly note: string | undefined;
}

/** Boxes and pictures to look at closely. */
const CRF = 20;

const MUXERS: Readonly<Record<string, string>> = { mp4: "mp4", m4v: "mp4", mov: "mov" };

/**
 * The muxer for an annotated video's file name.
 *
 * @throws {AipError} `output-format` where the ending is none of .mp4, .m4v and .mov
 */
export function muxerFor(path: string): string {
  const ending = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  const muxer = MUXERS[ending];
  if (muxer !== undefined) return muxer;
  const message = `Cannot write the annotated video "${path}": its name must end in .mp4 (or .mov)`;
  throw usageError("output-format", message);
}

/**
 * Looks which encoder ffmpeg has: VideoToolbox on macOS, else libx264, else MPEG-4.
 *
 * @param crf constant rate factor of libx264, 0–51: a larger one makes smaller, coarser files
 * @throws {AipError} `ffmpeg-missing`, or `encoder-missing`
 */
export async function findEncoder(crf?: number): Promise<EncoderChoice> {
  const command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-encoders"];
  if (Bun.which("ffmpeg") === null) throw toolMissing("ffmpeg");
  const probe = Bun.spawn(command, { stdin: "ignore", stderr: "ignore" });
  const listing = await new Response(probe.stdout).text();
  return chooseEncoder(listing, process.platform, crf);
}

/** Chooses from the listing of `ffmpeg -encoders`. */
export function chooseEncoder(
  listing: string,
  platform: NodeJS.Platform,
  crf: number = CRF,
): EncoderChoice {
  const has = (name: string): boolean => new RegExp(`^\\s*V\\S*\\s+${name}\\s`, "m").test(listing);
  if (platform === "darwin" && has("h264_videotoolbox")) {
    const options = ["-c:v", "h264_videotoolbox", "-q:v", "60", "-allow_sw", "1"];
    return { arguments: options, ticksPerSecond: 90_000, note: undefined };
  }
  if (has("libx264")) {
    const options = ["-c:v", "libx264", "-preset", "veryfast", "-crf", String(crf)];
    return { arguments: options, ticksPerSecond: 90_000, note: undefined };
  }
  if (has("mpeg4")) {
    // MPEG-4 part 2 counts at most 65,535 ticks a second; 60,000 fit the NTSC rates as well.
    const note = "this ffmpeg has no H.264 encoder (libx264): the annotated video is MPEG-4 part 2";
    return { arguments: ["-c:v", "mpeg4", "-q:v", "3"], ticksPerSecond: 60_000, note };
  }
  const message = "Cannot write an annotated video: this ffmpeg has neither libx264 nor mpeg4";
  throw usageError("encoder-missing", message);
}

export interface EncoderOptions {
  readonly choice: EncoderChoice;
  /** Of the frames that will come. */
  readonly geometry: FrameGeometry;
  readonly muxer: string;
  /** File to write. */
  readonly path: string;
  /** Read end of the pipe with the Matroska stream; closed here. */
  readonly stdin: number;
}

/** A running encoder. */
export interface Encoder {
  /** Null once it has written its file, else why it has not. Never rejects. */
  readonly ended: Promise<Error | null>;
  kill(): void;
}

/** Starts ffmpeg on a Matroska stream of raw frames. Errors speak of `target`, the final file. */
export function startEncoder(options: EncoderOptions, target: string = options.path): Encoder {
  const command = encoderCommand(options);
  const child = Bun.spawn(command, {
    stdin: options.stdin,
    stdout: "ignore",
    stderr: "pipe",
    // A session of its own: Ctrl-C is for us alone, who then end its input in good order.
    detached: true,
  });
  return {
    ended: endOf(child, options.path, target),
    kill: () => child.kill("SIGKILL"),
  };
}

/** ffmpeg's arguments: times go through as they are, no frame is repeated or left out. */
export function encoderCommand(options: Omit<EncoderOptions, "stdin">): string[] {
  const { choice, geometry, muxer, path } = options;
  const isRgb = geometry.pixelFormat === "rgb24" || geometry.pixelFormat === "bgr24";
  const color = geometry.colorMatrix === "bt709" ? "bt709" : "smpte170m";
  const range = geometry.colorRange === "full" && !isRgb ? "pc" : "tv";
  const filters = [
    ...(isRgb ? [`scale=out_color_matrix=${geometry.colorMatrix}:out_range=tv`] : []),
    ...(isEven(geometry) ? [] : ["pad=ceil(iw/2)*2:ceil(ih/2)*2"]),
    "format=yuv420p",
  ];
  const tags = ["-colorspace", color, "-color_primaries", color, "-color_trc", color];
  return [
    ...["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-y"],
    ...["-f", "matroska", "-i", "pipe:0", "-map", "0:v:0", "-vf", filters.join(",")],
    ...choice.arguments,
    ...tags,
    ...["-color_range", range, "-fps_mode", "passthrough"],
    ...["-enc_time_base", `1:${choice.ticksPerSecond}`],
    ...["-video_track_timescale", String(choice.ticksPerSecond)],
    ...["-movflags", "+faststart", "-f", muxer, path],
  ];
}

/** Whether H.264 with halved chroma can hold the size as it is. */
export function isEven({ width, height }: Pick<FrameGeometry, "width" | "height">): boolean {
  return width % 2 === 0 && height % 2 === 0;
}

async function endOf(
  child: Bun.Subprocess<number, "ignore", "pipe">,
  path: string,
  target: string,
): Promise<Error | null> {
  const said = (await lastWords(child.stderr)).replaceAll(path, target);
  const code = await child.exited;
  if (code === 0) return null;
  const how = child.signalCode === null ? `exit code ${code}` : `killed by ${child.signalCode}`;
  const words = said === "" ? how : `${said} (${how})`;
  return runtimeError("annotate-failed", `ffmpeg broke off writing "${target}": ${words}`);
}

/** The last line of what a stream says; ffmpeg puts the cause there. */
async function lastWords(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of stream) {
    text = (text + decoder.decode(piece, { stream: true })).slice(-MESSAGE_LENGTH_MAX);
  }
  return text.trim().split("\n").at(-1) ?? "";
}
