import { open } from "node:fs/promises";

const HEADER_BYTES = 16;
const BOX_COUNT_MAX = 100_000;

/**
 * Whether a file of the MP4 family ends before its last top-level box does: it was cut short.
 *
 * ffmpeg says nothing where the cut falls between two frames. Walks the boxes' headers only
 * (ISO/IEC 14496-12, 4.2: u32 size, 4 letters of type, u64 size where the first one is 1; size 0
 * reaches to the end of the file).
 *
 * @throws where the file cannot be read
 */
export async function isMp4CutShort(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size: fileBytes } = await file.stat();
    const header = Buffer.alloc(HEADER_BYTES);
    let offset = 0;
    for (let boxes = 0; boxes < BOX_COUNT_MAX && offset < fileBytes; boxes += 1) {
      const { bytesRead } = await file.read(header, 0, HEADER_BYTES, offset);
      // Without its first box a file is not of the family, however short it is.
      if (boxes === 0 && header.toString("latin1", 4, 8) !== "ftyp") return false;
      if (bytesRead < 8) return true;
      const short = header.readUInt32BE(0);
      if (short === 0) return false;
      const sizeBytes = short === 1 ? Number(header.readBigUInt64BE(8)) : short;
      if (sizeBytes < 8) return false;
      offset += sizeBytes;
    }
    return offset > fileBytes;
  } finally {
    await file.close();
  }
}
