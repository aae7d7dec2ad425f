/** How a packet of H.264 or H.265 video is written, as the container's configuration of it says. */
export interface NalFormat {
  readonly codec: NalCodec;
  /** Bytes of the length before each NAL unit: 1, 2 or 4. */
  readonly lengthBytes: number;
  /** Whether pictures may rest on others of a lower temporal layer. Of H.265 alone. */
  readonly isLayered: boolean;
}

/** Codecs whose packets tell whether other pictures rest on theirs, as ffmpeg names them. */
export const nalCodecs = ["h264", "hevc"] as const;
export type NalCodec = (typeof nalCodecs)[number];

/** H.264, table 7-1: a picture's slices, and what may be lost with them: SEI, delimiter, filler. */
const H264_SLICE_LAST = 5;
const H264_MINOR: ReadonlySet<number> = new Set([6, 9, 12]);
/** H.265, table 7-1: of the slices the even ones up to here are of pictures nobody refers to. */
const H265_SUBLAYER_LAST = 15;
const H265_MINOR: ReadonlySet<number> = new Set([35, 38, 39, 40]);

/**
 * Whether a packet can be left out without a trace in any other picture: it holds slices of pictures
 * no other is predicted from, and nothing else that matters, such as parameter sets.
 *
 * H.264 says so with `nal_ref_idc` 0 (ITU-T H.264, 7.4.1), H.265 with the unit's type (ITU-T H.265,
 * 7.4.2.2), which excludes other pictures of the same temporal layer only.
 *
 * @param packet NAL units, each behind its length (ISO/IEC 14496-15)
 */
export function isDisposable(packet: Uint8Array, format: NalFormat): boolean {
  const { codec, lengthBytes, isLayered } = format;
  if (isLayered) return false;
  let hasSlices = false;
  let offset = 0;
  while (offset < packet.length) {
    let length = 0;
    for (let end = offset + lengthBytes; offset < end; offset += 1) {
      length = length * 256 + (packet[offset] ?? 0);
    }
    const header = packet[offset];
    // Not as it should be: the decoder may judge.
    if (header === undefined || length === 0 || offset + length > packet.length) return false;
    const kind = codec === "h264" ? h264Kind(header) : h265Kind(header);
    if (kind === "needed") return false;
    hasSlices ||= kind === "disposable";
    offset += length;
  }
  return hasSlices;
}

type UnitKind = "needed" | "disposable" | "minor";

function h264Kind(header: number): UnitKind {
  const type = header & 0x1f;
  if (H264_MINOR.has(type)) return "minor";
  const isReferred = (header & 0x60) !== 0;
  return type >= 1 && type <= H264_SLICE_LAST && !isReferred ? "disposable" : "needed";
}

function h265Kind(header: number): UnitKind {
  const type = (header >> 1) & 0x3f;
  if (H265_MINOR.has(type)) return "minor";
  return type <= H265_SUBLAYER_LAST && type % 2 === 0 ? "disposable" : "needed";
}
