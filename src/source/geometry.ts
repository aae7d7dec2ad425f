import type { FrameGeometry, PictureSize, PixelFormatName } from "../types.ts";

/** What ffprobe says about a video stream. */
export interface StreamProbe {
  /** Codec name, such as `"h264"`. */
  readonly codec: string;
  /** Name of ffmpeg's demuxer, where ffprobe says. */
  readonly container?: string;
  /** Stored size in pixels, before rotation. */
  readonly width: number;
  readonly height: number;
  /** Quarter turns only; other angles count as 0, since ffmpeg keeps the size for them. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** As ffmpeg names it, such as `"yuvj420p"`. */
  readonly pixelFormat: string;
  /** ffmpeg's `color_space`, such as `"bt709"`, where the stream says. */
  readonly colorSpace?: string;
  /** ffmpeg's `color_range`, `"tv"` or `"pc"`, where the stream says. */
  readonly colorRange?: string;
  /** ffmpeg's `field_order`, such as `"progressive"`, where the stream says. */
  readonly fieldOrder?: string;
  /** Frames are decoded in another order than they are shown in. */
  readonly isReordered?: boolean;
  readonly fps?: number;
  readonly frameCount?: number;
  readonly durationS?: number;
  /** When its first frame comes, in ms since the file's start, where sound begins before it. */
  readonly startMs?: number;
}

/** What slots hold, and how ffmpeg is told to deliver it. */
export interface PictureFormat {
  readonly geometry: FrameGeometry;
  /** The `scale` filter. */
  readonly scale: string;
  /** Value of `-pix_fmt`. */
  readonly ffmpegPixelFormat: string;
}

/** ffmpeg's names for the matrix of BT.601, with its 525 and 625 line forms. */
const BT601_NAMES: readonly string[] = ["smpte170m", "bt470bg"];
/** 8-bit 4:2:0 formats, by the slot format that holds them as they are. */
const BASE_420: Readonly<Record<string, PixelFormatName>> = {
  yuv420p: "yuv420p",
  yuvj420p: "yuv420p",
  nv12: "nv12",
};
/** RGB of any order and depth, palettes and 1-bit pictures. */
const RGB_FORMAT = /^(0?rgb|0?bgr|gbr|argb|abgr|x2rgb|x2bgr|pal8|mono)/;

/** Makes swscale's conversion to RGB exact to rounding, of every pixel's own chroma. */
export const EXACT_FLAGS = "accurate_rnd+full_chroma_int";

/**
 * Chooses what a stream is decoded to.
 *
 * - `yuv420p` and `yuvj420p` stay as they are: no conversion of pixels nobody reads.
 * - Hardware decoders deliver `nv12`.
 * - RGB and palettes become `rgb24`; grey, 4:2:2, 4:4:4 and more than 8 bits become `yuv420p`,
 *   limited range, in ffmpeg.
 * - Matrix as the stream says. Unsaid is BT.601 at any size, as swscale and so OpenCV have it:
 *   both paths, raw and `bgr24`, must give the same colours. BT.2020 and rarer ones are converted
 *   to BT.709 in ffmpeg (the matrix only: no tone mapping).
 * - Pixels stay as stored where they are not square.
 *
 * - `rgb24` is the exact conversion, rounded: swscale's usual one is up to 1.6 levels darker.
 *
 * @param forced `bgr24` is byte for byte what `ffmpeg -i X -pix_fmt bgr24` and so OpenCV give
 */
export function chooseFormat(
  stream: StreamProbe,
  options: { readonly forced?: PixelFormatName; readonly hardware?: boolean },
): PictureFormat {
  const { width, height } = shownSize(stream);
  const pixelFormat = options.forced ?? preferredFormat(stream, options.hardware ?? false);
  const size = `scale=${width}:${height}`;

  if (pixelFormat === "rgb24" || pixelFormat === "bgr24") {
    return {
      geometry: { width, height, pixelFormat, colorMatrix: "bt601", colorRange: "full" },
      scale: pixelFormat === "rgb24" ? `${size}:flags=bilinear+${EXACT_FLAGS}` : size,
      ffmpegPixelFormat: pixelFormat,
    };
  }

  const matrix = matrixOf(stream);
  const colorMatrix = matrix ?? "bt709";
  const base = options.hardware === true ? hardwareFormat(stream) : BASE_420[stream.pixelFormat];
  const colorRange = base !== undefined && isFull(stream) ? "full" : "limited";
  const kept = base === pixelFormat && matrix !== undefined;
  // Naming the output's range or matrix makes the filter work even where nothing changes. Hardware
  // may fall back to software, whose full range must not be squeezed on the way to nv12.
  const untouched = kept && !(options.hardware === true && colorRange === "full");
  const range = colorRange === "full" ? "pc" : "tv";
  const color = `:out_range=${range}:out_color_matrix=${colorMatrix}`;
  return {
    geometry: { width, height, pixelFormat, colorMatrix, colorRange },
    scale: untouched ? size : size + color,
    // Asking for yuv420p would squeeze the range of yuvj420p.
    ffmpegPixelFormat: kept && stream.pixelFormat === "yuvj420p" ? "yuvj420p" : pixelFormat,
  };
}

/** Size of a stream's pictures as they are seen, after rotation. */
export function shownSize({ width, height, rotation }: StreamProbe): PictureSize {
  const turned = rotation === 90 || rotation === 270;
  return turned ? { width: height, height: width } : { width, height };
}

function preferredFormat(stream: StreamProbe, hardware: boolean): PixelFormatName {
  if (RGB_FORMAT.test(stream.pixelFormat)) return "rgb24";
  return hardware ? "nv12" : "yuv420p";
}

/** Hardware decoders hand out every 8-bit 4:2:0 stream as nv12. */
function hardwareFormat(stream: StreamProbe): PixelFormatName | undefined {
  return BASE_420[stream.pixelFormat] === undefined ? undefined : "nv12";
}

function isFull(stream: StreamProbe): boolean {
  return stream.pixelFormat === "yuvj420p" || stream.colorRange === "pc";
}

/** The stream's matrix, or undefined for one that slots cannot say. */
function matrixOf(stream: StreamProbe): FrameGeometry["colorMatrix"] | undefined {
  const { colorSpace } = stream;
  if (colorSpace === undefined || RGB_FORMAT.test(stream.pixelFormat)) return "bt601";
  if (BT601_NAMES.includes(colorSpace)) return "bt601";
  return colorSpace === "bt709" ? "bt709" : undefined;
}
