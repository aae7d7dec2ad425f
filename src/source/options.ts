import type { PixelFormatName } from "../types.ts";
import type { PipeFactory } from "./decoder.ts";
import type { DecodeRequest } from "./ffmpeg.ts";
import { chooseFormat, type StreamProbe } from "./geometry.ts";
import { findHardwareDecoder, type HardwareChoice } from "./hardware.ts";
import { ffmpegVersion } from "./tool.ts";

/** How sources decode. */
export interface SourceOptions {
  /** Makes the pipes between decoder and ingest worker; the native library's functions. */
  readonly pipes: PipeFactory;
  /** Pixel format of the frames; default: what the decoder produces, see `chooseFormat`. */
  readonly pixelFormat?: PixelFormatName;
  /** Hardware decoding; default `auto`. */
  readonly hwaccel?: HardwareChoice;
  /** Decoder threads of each source; default 1. */
  readonly decoderThreads?: number;
  /**
   * Every how many frames of a video pixels are wanted, from its first; default 1. Those in between
   * are told by number and time, and cost nothing but their decoding. Other sources give them all.
   */
  readonly every?: number;
  /** Frames the run will take of each source, where it is limited. */
  readonly frames?: number;
  /** First wait before a live source is asked again, in ms; each further one is twice as long. */
  readonly reconnectDelayMs?: number;
}

/** The arguments of a stream's decoder, with the format its frames will have. */
export async function decodeRequest(
  input: readonly string[],
  stream: StreamProbe,
  options: SourceOptions,
): Promise<DecodeRequest> {
  const [version, hardware] = await Promise.all([
    ffmpegVersion(),
    findHardwareDecoder(options.hwaccel ?? "auto"),
  ]);
  const format = chooseFormat(stream, {
    ...(options.pixelFormat === undefined ? {} : { forced: options.pixelFormat }),
    hardware: hardware !== null,
  });
  return { input, format, hardware, version, threads: options.decoderThreads ?? 1 };
}
