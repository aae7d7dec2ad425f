import { formatCountOf } from "../metrics/number-format.ts";
import type { StreamProbe } from "./geometry.ts";
import { runTool } from "./tool.ts";

const PROBE_LIMIT_MS = 30_000;
const FPS_MAX = 1000;

/** Why an input cannot be used, in words that complete "Cannot open source …: ". */
export interface ProbeFailure {
  readonly reason: string;
  /** It took too long. */
  readonly timedOut: boolean;
  /** The container's index was read and announces frames, but none of them could be reached. */
  readonly framesUnread?: boolean;
}

/** ffprobe's JSON, as far as it is read here. */
interface ProbeJson {
  readonly streams?: readonly StreamJson[];
  readonly format?: {
    readonly duration?: string;
    readonly format_name?: string;
    readonly start_time?: string;
  };
}

interface StreamJson {
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly width?: number;
  readonly height?: number;
  readonly pix_fmt?: string;
  readonly color_space?: string;
  readonly color_range?: string;
  readonly field_order?: string;
  readonly has_b_frames?: number;
  readonly avg_frame_rate?: string;
  readonly r_frame_rate?: string;
  readonly nb_frames?: string;
  readonly start_time?: string;
  readonly duration?: string;
  readonly tags?: { readonly rotate?: string };
  readonly side_data_list?: readonly { readonly rotation?: number }[];
  readonly disposition?: { readonly attached_pic?: number };
}

/**
 * Asks ffprobe about an input's first video stream.
 * @param signal ends it at once, as if it had taken too long
 */
export async function probe(
  input: readonly string[],
  limitMs: number = PROBE_LIMIT_MS,
  signal?: AbortSignal,
): Promise<StreamProbe | ProbeFailure> {
  const args = ["-v", "error", "-of", "json", "-show_streams", "-show_format", ...input];
  const result = await runTool("ffprobe", args, limitMs, signal);
  if (result.exitCode === null) {
    return { reason: `no answer within ${limitMs / 1000} s`, timedOut: true };
  }
  if (result.exitCode !== 0) return { reason: lastLine(result.stderr), timedOut: false };
  return readProbe(JSON.parse(result.stdout) as ProbeJson);
}

/** Reads ffprobe's JSON; pure. */
export function readProbe(json: ProbeJson): StreamProbe | ProbeFailure {
  const streams = json.streams ?? [];
  const stream = streams.find(
    (one) => one.codec_type === "video" && one.disposition?.attached_pic !== 1,
  );
  if (stream === undefined) {
    const audio = streams.some((one) => one.codec_type === "audio");
    return { reason: audio ? "it has sound but no video" : "it has no video", timedOut: false };
  }
  const { width = 0, height = 0, pix_fmt: pixelFormat, nb_frames: announced } = stream;
  const count = positive(announced);
  if (count !== undefined && pixelFormat === undefined) {
    const reason = `none of its ${formatCountOf(count, "frame")} can be read`;
    return { reason, timedOut: false, framesUnread: true };
  }
  if (width < 1 || height < 1 || pixelFormat === undefined || Number(announced) === 0) {
    return { reason: "its video stream has no frames", timedOut: false };
  }
  const fps = frameRate(stream.avg_frame_rate) ?? frameRate(stream.r_frame_rate);
  const durationS = positive(stream.duration) ?? positive(json.format?.duration);
  const guess = fps === undefined || durationS === undefined ? undefined : fps * durationS;
  const frameCount = count ?? (guess === undefined ? undefined : Math.round(guess));
  const { color_space: colorSpace, color_range: colorRange, field_order: fieldOrder } = stream;
  const container = json.format?.format_name;
  const laterS = Number(stream.start_time) - Number(json.format?.start_time);
  return {
    codec: stream.codec_name ?? "unknown codec",
    width,
    height,
    rotation: quarterTurn(stream),
    pixelFormat,
    ...(container === undefined ? {} : { container }),
    ...(colorSpace === undefined || colorSpace === "unknown" ? {} : { colorSpace }),
    ...(colorRange === undefined || colorRange === "unknown" ? {} : { colorRange }),
    ...(fieldOrder === undefined || fieldOrder === "unknown" ? {} : { fieldOrder }),
    ...((stream.has_b_frames ?? 0) > 0 && { isReordered: true }),
    ...(fps === undefined ? {} : { fps }),
    ...(frameCount === undefined ? {} : { frameCount }),
    ...(durationS === undefined ? {} : { durationS }),
    ...(laterS > 0 && { startMs: 1000 * laterS }),
  };
}

/** The display matrix's angle, or the `rotate` tag of older files. */
function quarterTurn(stream: StreamJson): StreamProbe["rotation"] {
  const matrix = stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation;
  const angle = matrix ?? Number(stream.tags?.rotate ?? 0);
  const turn = ((Math.round(angle) % 360) + 360) % 360;
  return turn === 90 || turn === 180 || turn === 270 ? turn : 0;
}

/** A rate such as `"30000/1001"`; cameras that do not know theirs give `0/0` or their clock's. */
function frameRate(text: string | undefined): number | undefined {
  const [numerator, denominator = "1"] = (text ?? "").split("/");
  const rate = positive(String(Number(numerator) / Number(denominator)));
  return rate === undefined || rate > FPS_MAX ? undefined : rate;
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

function lastLine(text: string): string {
  const lines = text.trim().split("\n");
  return lines[lines.length - 1] ?? "";
}
