import type { DecodeRequest } from "../ffmpeg.ts";
import type { StreamProbe } from "../geometry.ts";
import { type PacketIndex, readPacketIndex } from "../packet-index.ts";
import { nalCodecs } from "./nal-units.ts";

/**
 * The index of a video file whose decoder need not be given all packets; null where it must be.
 *
 * Packets tell what rests on them in H.264 and H.265, and each is one frame where the stream is
 * progressive. Where frames are shown in the order they are decoded in, nearly all rest on the one
 * before, and looking for others costs more than it saves. What a hardware decoder saves is unknown.
 *
 * @param signal ends the reading at once; what is returned then says nothing
 */
export async function indexToThin(
  path: string | undefined,
  { codec, fieldOrder, isReordered = false }: StreamProbe,
  { thinning, hardware }: DecodeRequest,
  signal: AbortSignal,
): Promise<PacketIndex | null> {
  if (path === undefined || hardware !== null || fieldOrder !== "progressive") return null;
  if (thinning === undefined || thinning.every === 1 || !isReordered) return null;
  if (!nalCodecs.some((known) => known === codec)) return null;
  const index = await readPacketIndex(path, signal);
  return index?.isRegular === true ? index : null;
}
