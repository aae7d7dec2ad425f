import type { FrameGeometry } from "../../src/types.ts";

/** What ffprobe says of a file's video. */
export interface ProbedStream {
  readonly codec_name: string;
  readonly pix_fmt: string;
  readonly width: number;
  readonly height: number;
  readonly color_space: string;
  readonly color_range: string;
  readonly avg_frame_rate: string;
  readonly duration: string;
  /** Presentation time of every picture in ms, ascending. */
  readonly times: readonly number[];
}

export async function streamOf(path: string): Promise<ProbedStream> {
  const command = ["ffprobe", "-v", "error", "-show_streams", "-show_frames", "-of", "json", path];
  const probe = Bun.spawn(command);
  const { streams, frames } = (await new Response(probe.stdout).json()) as {
    streams: ProbedStream[];
    frames: { pts_time: string }[];
  };
  const times = frames.map(({ pts_time }) => Math.round(Number(pts_time) * 1e6) / 1e3);
  return { ...(streams[0] as ProbedStream), times };
}

/** A decoded picture's luma. */
export interface Luma {
  readonly pixels: Uint8Array;
  readonly mean: number;
}

/** Decodes every picture, in order of presentation. */
export async function decodedLuma(
  path: string,
  { width, height }: Pick<FrameGeometry, "width" | "height">,
): Promise<Luma[]> {
  const raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-fps_mode", "passthrough", "pipe:1"];
  const extract = ["-vf", "extractplanes=y"];
  const decoder = Bun.spawn(["ffmpeg", "-v", "error", "-i", path, ...extract, ...raw]);
  const bytes = new Uint8Array(await new Response(decoder.stdout).arrayBuffer());
  const sizeBytes = width * height;
  return Array.from({ length: bytes.length / sizeBytes }, (_, index) => {
    const pixels = bytes.subarray(index * sizeBytes, (index + 1) * sizeBytes);
    return { pixels, mean: pixels.reduce((sum, value) => sum + value, 0) / sizeBytes };
  });
}
