import type { FrameGeometry } from "../types.ts";

/**
 * Uncompressed video as a Matroska stream (RFC 9559; V_UNCOMPRESSED, section 5 of the codec
 * mappings): the way raw frames reach ffmpeg through a pipe with their true times, which `rawvideo`
 * cannot carry. One cluster with one block a frame:
 *
 * ```text
 * EBML │ Segment (unknown size) │ Info │ Tracks │ Cluster: Timestamp, SimpleBlock: 4 B, pixels │ …
 * ```
 */

/** FourCC of each pixel format, as ffmpeg's raw decoder knows it. */
const FOUR_CC = { yuv420p: "I420", nv12: "NV12", rgb24: "RGB\u0018", bgr24: "BGR\u0018" } as const;
/** Values of ITU-T H.273: matrix, transfer and primaries. */
const COLOR_CODE = { bt601: 6, bt709: 1 } as const;
const RANGE_CODE = { limited: 1, full: 2 } as const;
const UNKNOWN_SIZE = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const US_PER_MS = 1000;
const NS_PER_US = 1000;

/** Bytes `writeFrameHeader` writes. */
export const FRAME_HEADER_BYTES: number = 4 + 8 + (1 + 1 + 8) + (1 + 8 + 4);

/** The stream's beginning. `fps` gives the last frame its duration; 0 leaves it open. */
export function streamHeader(geometry: FrameGeometry, fps: number): Uint8Array {
  const { width, height, pixelFormat, colorMatrix, colorRange } = geometry;
  const color = COLOR_CODE[colorMatrix];
  const video = element(0xe0, [
    ...uint(0xb0, width),
    ...uint(0xba, height),
    ...text(0x2eb524, FOUR_CC[pixelFormat]),
    ...element(0x55b0, [
      ...uint(0x55b1, color),
      ...uint(0x55b9, RANGE_CODE[colorRange]),
      ...uint(0x55ba, color),
      ...uint(0x55bb, color),
    ]),
  ]);
  const track = element(0xae, [
    ...uint(0xd7, 1),
    ...uint(0x73c5, 1),
    ...uint(0x83, 1),
    ...uint(0x9c, 0),
    ...(fps > 0 ? uint(0x23e383, Math.round(1e9 / fps)) : []),
    ...text(0x86, "V_UNCOMPRESSED"),
    ...video,
  ]);
  const ebml = element(0x1a45dfa3, [
    ...uint(0x4286, 1),
    ...uint(0x42f7, 1),
    ...uint(0x42f2, 4),
    ...uint(0x42f3, 8),
    ...text(0x4282, "matroska"),
    ...uint(0x4287, 4),
    ...uint(0x4285, 2),
  ]);
  const info = element(0x1549a966, [
    ...uint(0x2ad7b1, NS_PER_US),
    ...text(0x4d80, "aip"),
    ...text(0x5741, "aip"),
  ]);
  return Uint8Array.from([
    ...ebml,
    ...bigEndian(0x18538067),
    ...UNKNOWN_SIZE,
    ...info,
    ...element(0x1654ae6b, track),
  ]);
}

/** Writes what stands before a frame's pixels. HOT: allocates nothing. */
export function writeFrameHeader(into: DataView, timeMs: number, pixelBytes: number): void {
  const blockBytes = 4 + pixelBytes;
  into.setUint32(0, 0x1f43b675);
  setSize(into, 4, FRAME_HEADER_BYTES - 12 + pixelBytes);
  into.setUint16(12, 0xe788);
  const timeUs = Math.max(0, Math.round(timeMs * US_PER_MS));
  into.setUint32(14, Math.floor(timeUs / 2 ** 32));
  into.setUint32(18, timeUs % 2 ** 32);
  into.setUint8(22, 0xa3);
  setSize(into, 23, blockBytes);
  // Track 1, no offset from the cluster's time, a key frame.
  into.setUint32(31, 0x81000080);
}

/** A size in 8 bytes; those of frames fit 32 bits. */
function setSize(into: DataView, at: number, sizeBytes: number): void {
  into.setUint32(at, 0x01000000);
  into.setUint32(at + 4, sizeBytes);
}

function element(id: number, content: readonly number[]): number[] {
  if (content.length >= 0x3fff) throw new RangeError(`element of ${content.length} bytes`);
  return [...bigEndian(id), 0x40 | (content.length >> 8), content.length & 0xff, ...content];
}

function uint(id: number, value: number): number[] {
  return element(id, bigEndian(value));
}

function text(id: number, value: string): number[] {
  return element(id, [...Buffer.from(value, "latin1")]);
}

/** An unsigned number in as few bytes as it takes, at least one. */
function bigEndian(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256)) {
    bytes.unshift(rest % 256);
  }
  return bytes;
}
