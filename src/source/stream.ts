import { usageError } from "../errors.ts";
import { cleanLine, redact } from "./diagnosis.ts";
import type { StreamProbe } from "./geometry.ts";
import { askHttpServer } from "./http-resource.ts";
import { LiveSource } from "./live.ts";
import { decodeRequest, type SourceOptions } from "./options.ts";
import { probe } from "./probe.ts";
import type { Source } from "./source.ts";
import { ffmpegVersion } from "./tool.ts";
import { openVideoInput } from "./video.ts";

/** Protocols that are opened as streams. */
export const STREAM_PROTOCOLS: readonly string[] = ["rtsp:", "rtsps:", "http:", "https:"];

/** A connection that carries nothing for this long has broken off. */
const SOCKET_LIMIT_US = 5_000_000;
const HTTP = /^https?:/i;
const SILENT = `no answer within ${SOCKET_LIMIT_US / 1e6} s`;
/** How much of a stream is looked at to learn its size and rate. */
const ANALYZE_LIMIT_US = 3_000_000;
/**
 * The decoder has been told size and format, and needs no rate: its first frame comes a second
 * earlier. (`-fflags nobuffer` would be earlier still, but throws away what was looked at.)
 */
const KNOWN_STREAM: readonly string[] = ["-fpsprobesize", "0", "-analyzeduration", "500000"];
/** For connecting and looking together. */
const STREAM_PROBE_LIMIT_MS = 9000;

/** Playlists are files; what they list may have no end. */
const PLAYLIST = /^(hls|dash)\b/;

/**
 * Opens an RTSP or HTTP URL. What has a duration, or is a file to its server, is a video like a
 * file; everything else (RTSP cameras, MJPEG, HLS without an end) is live and connected to again
 * when it breaks off.
 *
 * @throws {AipError} `source-unreachable` where nothing answers within 10 s
 */
export async function openStream(
  url: string,
  name: string,
  options: SourceOptions,
): Promise<Source> {
  const input = await streamInput(url);
  const limits = ["-analyzeduration", String(ANALYZE_LIMIT_US)];
  const beganMs = performance.now();
  const stream = await probe([...limits, ...input], STREAM_PROBE_LIMIT_MS);
  if ("reason" in stream) {
    if (stream.framesUnread === true && (await refusesToSeek(url))) throw indexAtEnd(url);
    // ffmpeg's words for a peer that takes the connection and is silent differ: "invalid data", …
    const isSilent = !stream.timedOut && performance.now() - beganMs > SOCKET_LIMIT_US / 1000;
    throw unreachable(url, isSilent ? SILENT : stream.reason);
  }
  // The picture demuxer that ffmpeg picks for bare MJPEG asks on for ever after a time-out.
  const demuxer = stream.container === "jpeg_pipe" ? ["-f", "mjpeg"] : [];
  const decoderInput = [...demuxer, ...input];
  if (await hasEnd(url, stream)) {
    const video = { name, spec: redact(url), input: decoderInput, stream };
    return await openVideoInput(video, options);
  }
  const request = await decodeRequest([...KNOWN_STREAM, ...decoderInput], stream, options);
  return new LiveSource({ name, spec: url, stream, request }, options);
}

/** MPEG-TS and Matroska tell no duration where the server cannot seek to their end. */
async function hasEnd(url: string, stream: StreamProbe): Promise<boolean> {
  if (stream.durationS !== undefined) return true;
  if (!HTTP.test(url) || PLAYLIST.test(stream.container ?? "")) return false;
  return (await askHttpServer(url))?.isFile ?? false;
}

async function refusesToSeek(url: string): Promise<boolean> {
  return HTTP.test(url) && (await askHttpServer(url))?.seekable === false;
}

/** ffmpeg's input options for a URL, with time-outs: a dead camera must not block for ever. */
export async function streamInput(url: string): Promise<string[]> {
  const limit = String(SOCKET_LIMIT_US);
  if (!/^rtsps?:/i.test(url)) return ["-rw_timeout", limit, "-i", url];
  // Over TCP: lost UDP packets are the commonest cause of broken pictures.
  const [major] = await ffmpegVersion();
  const timeout = major >= 5 ? "-timeout" : "-stimeout";
  return ["-rtsp_transport", "tcp", timeout, limit, "-i", url];
}

/** An MP4 as most programs write it: by the time its index is read, its frames have gone by. */
function indexAtEnd(url: string): Error {
  return usageError(
    "source-not-seekable",
    `Cannot open source "${redact(url)}": its index stands at the end, and the server cannot ` +
      "seek (no range requests); download it, or put the index first with " +
      '"ffmpeg -i IN.mp4 -c copy -movflags +faststart OUT.mp4"',
  );
}

function unreachable(url: string, message: string): Error {
  const reason = cleanLine(message).replace(`${redact(url)}: `, "");
  return usageError(
    "source-unreachable",
    `Cannot open source "${redact(url)}": ${reason}; check the address and that the camera is on`,
  );
}
