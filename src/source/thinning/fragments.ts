import type { NalFormat } from "./nal-units.ts";

/** Size and type stand before a box's content (ISO/IEC 14496-12, 4.2). */
export const BOX_HEADER_BYTES = 8;
/** Version and flags, then what a box is about. */
const FULL_BOX_BYTES = 4;
/** Of `stsd`: version and flags, number of entries. */
const SAMPLE_DESCRIPTION_BYTES = 8;
/** Of a picture's sample entry before its own boxes (12.1.3). */
const VISUAL_ENTRY_BYTES = 78;
/** Flags of `trun` (8.8.8). */
const HAS_DATA_OFFSET = 0x1;
const HAS_FIRST_FLAGS = 0x4;
const HAS_DURATION = 0x100;
const HAS_SIZE = 0x200;
const HAS_FLAGS = 0x400;
const HAS_COMPOSITION_OFFSET = 0x800;
/** Flag of `tfhd` (8.8.7): data offsets count from the fragment's `moof`. */
const BASE_IS_MOOF = 0x02_00_00;

/** Content of a box's first child of a type; undefined where there is none. */
export function childBox(content: Buffer, type: string): Buffer | undefined {
  let offset = 0;
  while (offset + BOX_HEADER_BYTES <= content.length) {
    const sizeBytes = content.readUInt32BE(offset);
    if (sizeBytes < BOX_HEADER_BYTES || offset + sizeBytes > content.length) return undefined;
    if (typeOf(content, offset) === type) {
      return content.subarray(offset + BOX_HEADER_BYTES, offset + sizeBytes);
    }
    offset += sizeBytes;
  }
  return undefined;
}

/** Type of the box that begins there. */
export function typeOf(bytes: Buffer, offset: number): string {
  return bytes.toString("latin1", offset + 4, offset + 8);
}

/**
 * How packets of the only track of a `moov` are written.
 *
 * @returns undefined where they are neither H.264 nor H.265
 */
export function nalFormatOf(moov: Buffer): NalFormat | undefined {
  const path = ["trak", "mdia", "minf", "stbl", "stsd"];
  const description = path.reduce<Buffer | undefined>(
    (content, type) => content && childBox(content, type),
    moov,
  );
  if (description === undefined) return undefined;
  const entry = description.subarray(SAMPLE_DESCRIPTION_BYTES + BOX_HEADER_BYTES);
  const boxes = entry.subarray(VISUAL_ENTRY_BYTES);
  // ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1: a byte's two last bits are the length's bytes less 1.
  const avc = childBox(boxes, "avcC")?.[4];
  if (avc !== undefined) return { codec: "h264", lengthBytes: 1 + (avc & 3), isLayered: false };
  const hevc = childBox(boxes, "hvcC")?.[21];
  if (hevc === undefined) return undefined;
  // Three bits before are the number of temporal layers, 0 where it is unknown.
  const layers = (hevc >> 3) & 7;
  return { codec: "hevc", lengthBytes: 1 + (hevc & 3), isLayered: layers !== 1 };
}

/**
 * Presentation time, in ticks, of the only sample of a `moof`.
 *
 * @throws {RangeError} where there is none
 */
export function sampleTicks(moof: Buffer): number {
  const fragment = childBox(moof, "traf");
  const decodeTime = fragment && childBox(fragment, "tfdt");
  const run = fragment && childBox(fragment, "trun");
  if (decodeTime === undefined || run === undefined) throw new RangeError("a fragment has no time");
  const is64 = decodeTime[0] === 1;
  const dts = is64
    ? Number(decodeTime.readBigUInt64BE(FULL_BOX_BYTES))
    : decodeTime.readUInt32BE(FULL_BOX_BYTES);
  const flags = run.readUIntBE(1, 3);
  if ((flags & HAS_COMPOSITION_OFFSET) === 0) return dts;
  const before = [HAS_DATA_OFFSET, HAS_FIRST_FLAGS, HAS_DURATION, HAS_SIZE, HAS_FLAGS];
  const fields = before.filter((flag) => (flags & flag) !== 0).length;
  // Behind version and flags, and the number of samples.
  const offset = FULL_BOX_BYTES + 4 + 4 * fields;
  return dts + (run[0] === 0 ? run.readUInt32BE(offset) : run.readInt32BE(offset));
}

/** Where the fields that differ from packet to packet stand in a fragment's header. */
const DTS_OFFSET = 64;
const SIZE_OFFSET = 92;
const COMPOSITION_OFFSET = 96;
const DATA_BOX_OFFSET = 100;
const FRAGMENT_HEADER_BYTES = 108;

/**
 * A fragment of one sample, without its data:
 *
 * ```text
 *   0 moof ─┬─  8 mfhd  sequence number
 *           └─ 24 traf ─┬─ 32 tfhd  track 1, offsets count from 0
 *                       ├─ 48 tfdt  u64 decoding time
 *                       └─ 68 trun  1 sample: data offset, duration, size, composition offset
 * 100 mdat  header
 * ```
 */
export function fragmentHeader(dts: number, pts: number, sizeBytes: number): Buffer {
  const header = Buffer.from(TEMPLATE);
  header.writeUInt32BE(dts, DTS_OFFSET);
  header.writeUInt32BE(sizeBytes, SIZE_OFFSET);
  header.writeInt32BE(pts - dts, COMPOSITION_OFFSET);
  header.writeUInt32BE(BOX_HEADER_BYTES + sizeBytes, DATA_BOX_OFFSET);
  return header;
}

const TEMPLATE: Buffer = Buffer.concat([
  box("moof", [
    box("mfhd", [words(0, 0)]),
    box("traf", [
      box("tfhd", [words(BASE_IS_MOOF, 1)]),
      box("tfdt", [words(0x01_00_00_00, 0, 0)]),
      box("trun", [
        words(
          0x01_00_00_00 | HAS_DATA_OFFSET | HAS_DURATION | HAS_SIZE | HAS_COMPOSITION_OFFSET,
          ...[1, FRAGMENT_HEADER_BYTES, 1, 0, 0],
        ),
      ]),
    ]),
  ]),
  box("mdat", []),
]);

function box(type: string, parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const sizeBytes = BOX_HEADER_BYTES + content.length;
  return Buffer.concat([words(sizeBytes), Buffer.from(type, "latin1"), content]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index);
  return bytes;
}
