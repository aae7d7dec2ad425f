import { type FileHandle, open } from "node:fs/promises";

const SYNC_BYTE = 0x47;
const PACKET_BYTES = 188;
/** Where packets lie: as they are, behind a time code (Blu-ray), before check bytes (DVB-ASI). */
const SPACINGS = [
  { stride: PACKET_BYTES, offset: 0 },
  { stride: 192, offset: 4 },
  { stride: 204, offset: 0 },
] as const;
/** Packets in a row that must have their sync byte before a file counts as a transport stream. */
const SYNC_COUNT = 4;
/** How much of the end is looked at: more than the largest picture takes. */
const TAIL_BYTES_MAX = 8 << 20;

/**
 * How an MPEG transport stream ends:
 *
 * - `whole`: nothing is known to be missing
 * - `cut`: inside a packet, or inside a picture whose length it tells
 * - `open`: its last picture tells no length and fills its last packet; the packet of a picture's
 *   end is nearly always padded (183 of 184), so the picture probably goes on
 */
export type TransportStreamEnd = "whole" | "cut" | "open";

/**
 * Looks at the end of a transport stream file; ffmpeg says nothing about it.
 *
 * Packets and their headers as in ISO/IEC 13818-1, 2.4.3: sync byte, 13 bits of packet id, flags of
 * padding and payload; pictures in packets of a PES of their own, whose length may be 0: untold.
 *
 * @throws where the file cannot be read
 */
export async function endOfTransportStream(path: string): Promise<TransportStreamEnd> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const spacing = await findSpacing(file, size);
    if (spacing === undefined) return "whole";
    const { stride, offset } = spacing;
    const packetCount = Math.floor(size / stride);
    const partialBytes = size % stride;
    if (partialBytes > offset) {
      const [byte] = await readAt(file, packetCount * stride + offset, 1);
      // What follows the last packet and is none is padding of whoever stored the file.
      if (byte === SYNC_BYTE) return "cut";
    }
    const first = Math.max(0, packetCount - Math.floor(TAIL_BYTES_MAX / stride));
    const tail = await readAt(file, first * stride, (packetCount - first) * stride);
    return judgeTail(tail, stride, offset);
  } finally {
    await file.close();
  }
}

/** The last picture of every video in the packets. */
function judgeTail(tail: Buffer, stride: number, offset: number): TransportStreamEnd {
  const videos = new Map<number, { missingBytes: number; isPadded: boolean }>();
  for (let at = offset; at + PACKET_BYTES <= tail.length; at += stride) {
    const packet = tail.subarray(at, at + PACKET_BYTES);
    const payload = payloadOf(packet);
    if (payload.length === 0) continue;
    const id = packet.readUInt16BE(1) & 0x1fff;
    const startsUnit = (packet[1] as number) & 0x40;
    if (startsUnit) videos.delete(id);
    const lengthBytes = startsUnit ? videoUnitBytes(payload) : videos.get(id)?.missingBytes;
    if (lengthBytes === undefined) continue;
    const isPadded = payload.length < PACKET_BYTES - 4;
    videos.set(id, { missingBytes: lengthBytes - payload.length, isPadded });
  }
  const ends = [...videos.values()].map(({ missingBytes, isPadded }): TransportStreamEnd => {
    if (Number.isFinite(missingBytes)) return missingBytes > 0 ? "cut" : "whole";
    return isPadded ? "whole" : "open";
  });
  return ends.find((end) => end === "cut") ?? ends.find((end) => end === "open") ?? "whole";
}

/** What follows a packet's header and its padding. */
function payloadOf(packet: Buffer): Buffer {
  const control = packet[3] as number;
  if (packet[0] !== SYNC_BYTE || (control & 0x10) === 0) return packet.subarray(0, 0);
  return packet.subarray((control & 0x20) === 0 ? 4 : 5 + (packet[4] as number));
}

/** Size of the unit that begins here, infinite where untold; undefined where it is no video. */
function videoUnitBytes(payload: Buffer): number | undefined {
  // 00 00 01, then 1110xxxx for video; six bytes stand before what the length counts.
  if (payload.length < 6 || payload.readUInt32BE(0) >>> 4 !== 0x00001e) return undefined;
  const lengthBytes = payload.readUInt16BE(4);
  return lengthBytes === 0 ? Number.POSITIVE_INFINITY : 6 + lengthBytes;
}

async function findSpacing(
  file: FileHandle,
  fileBytes: number,
): Promise<(typeof SPACINGS)[number] | undefined> {
  const head = await readAt(file, 0, Math.min(fileBytes, SYNC_COUNT * 204));
  return SPACINGS.find(({ stride, offset }) => {
    const places = Array.from({ length: SYNC_COUNT }, (_, index) => index * stride + offset);
    return places.every((place) => head[place] === SYNC_BYTE);
  });
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
