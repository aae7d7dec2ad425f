import type { PictureFormat } from "./geometry.ts";
import type { HardwareDecoder } from "./hardware.ts";
import type { Framing, Thinning } from "./source.ts";
import { NUMBER_OFFSET } from "./thinning/packet-thinner.ts";

/** File descriptor in the child on which ffmpeg writes the frames' times. */
export const TIMESTAMP_FD_IN_CHILD = 3;

/** What a decoder process is asked to do. */
export interface DecodeRequest {
  /** Input options with their `-i`. */
  readonly input: readonly string[];
  readonly format: PictureFormat;
  /** Filters before the scaling, such as a picture's rotation. */
  readonly filters?: readonly string[];
  readonly hardware: HardwareDecoder | null;
  /** Pictures are written of these frames alone, times of all that are decoded; default: all. */
  readonly thinning?: Thinning;
  /** In place of times frames have their numbers, from `NUMBER_OFFSET` on, as `ThinnedPackets` says. */
  readonly isNumbered?: boolean;
  /** Major and minor version of ffmpeg. */
  readonly version: readonly [major: number, minor: number];
  /**
   * Decoder threads. One is the default: with two inference workers on two cores more threads cost
   * more in all, and frame threads delay a live picture by a frame each.
   */
  readonly threads: number;
}

/**
 * How a decoder writes pictures of a format.
 *
 * `rawvideo` copies every picture into a packet before it is written; `yuv4mpegpipe` writes the
 * decoder's own rows: a seventh less processor time at 768×432, a sixteenth at 4K, where decoding
 * costs more. It knows few formats.
 */
export function framingOf(format: PictureFormat): Framing {
  return format.ffmpegPixelFormat === "yuv420p" ? "yuv4mpeg" : "raw";
}

/**
 * Arguments for a decoder that writes raw pictures to standard output and each picture's time to
 * `TIMESTAMP_FD_IN_CHILD`.
 *
 * - `scale` to the announced size: a size change in mid-stream must not shift the raw stream.
 * - `-fps_mode passthrough`: rawvideo output otherwise repeats and drops frames to a constant rate.
 * - `metadata=print` writes `pts:` in µs (`settb`); `direct=1`, or the text would lag behind the
 *   pictures by a buffer and the reader of both would wait for ever.
 * - `V` takes the first stream that is no cover picture.
 * - `select` comes after the times, which are told of every frame, and before all that costs.
 */
export function decodeArguments(request: DecodeRequest): string[] {
  const { input, format, filters = [], hardware, thinning, version, threads } = request;
  const { isNumbered = false } = request;
  const picture = [...filters, format.scale];
  const times = [
    ...(isNumbered ? [] : ["settb=AVTB"]),
    "metadata=mode=add:key=aip:value=1",
    `metadata=mode=print:key=aip:direct=1:file='pipe\\:${TIMESTAMP_FD_IN_CHILD}'`,
  ];
  const chain =
    thinning === undefined
      ? [...picture, ...times]
      : [
          ...times,
          `select='${selection(thinning, isNumbered ? `(pts-${NUMBER_OFFSET})` : "n")}'`,
          ...picture,
        ];
  return [
    "-nostdin",
    "-hide_banner",
    ...["-loglevel", "level+error"],
    ...["-threads", String(threads)],
    ...(hardware?.arguments ?? []),
    ...input,
    ...["-map", "0:V:0", "-an", "-sn", "-dn"],
    ...passthrough(version),
    ...["-vf", chain.join(",")],
    ...["-pix_fmt", format.ffmpegPixelFormat],
    ...["-f", framingOf(format) === "raw" ? "rawvideo" : "yuv4mpegpipe", "pipe:1"],
  ];
}

/** `hasPicture` as an expression of ffmpeg's, where `frame` is one of a frame's number. */
function selection({ every, first }: Thinning, frame: string): string {
  return `gte(${frame},${first})*(eq(${frame},${first})+not(mod(${frame},${every})))`;
}

/** `-fps_mode` came with ffmpeg 5.1; `-vsync` went with 8. */
function passthrough([major, minor]: readonly [number, number]): string[] {
  const modern = major > 5 || (major === 5 && minor >= 1);
  return [modern ? "-fps_mode" : "-vsync", "passthrough"];
}

/**
 * Reads the version from the first line of `ffmpeg -version`. Builds from the development branch
 * (`N-109542-g…`, `2024-05-…`) count as newer than every release.
 */
export function parseVersion(text: string): readonly [major: number, minor: number] {
  const match = /^ffmpeg version n?(\d{1,2})\.(\d+)/.exec(text);
  if (match === null) return [Number.POSITIVE_INFINITY, 0];
  return [Number(match[1]), Number(match[2])];
}
