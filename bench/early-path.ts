import { SlotHeader, Status } from "../src/layout/layout.gen.ts";
import { planeLayout } from "../src/layout/planes.ts";
import { writeGeometry } from "../src/layout/slot-geometry.ts";
import { Difference } from "../src/native/difference.ts";
import { type Address, addressOf, closeFd, createPipe } from "../src/native/library.ts";
import { Thumbnails } from "../src/native/thumbnail.ts";
import { openFeed } from "../src/source/feed.ts";
import { openSource } from "../src/source/open.ts";
import type { FrameGeometry } from "../src/types.ts";

/** Sides of the difference detector's thumbnail, and of a specialized network's. */
const SIDE = 50;
/** Slots read in turns, as a source's are: a picture is not still in the cache from last time. */
const SLOT_COUNT = 8;

/** What is done with every frame once it lies in its slot. */
export interface EarlyPathOptions {
  /** Every how many frames one is read and looked at. */
  readonly every: number;
  /** Whether frames are looked at at all. */
  readonly look: boolean;
}

/** Levels before the network: two thumbnails and the difference to the frame before. */
export class Looks {
  readonly #thumbnails = new Thumbnails({ side: SIDE, region: null });
  readonly #difference = new Difference({ side: SIDE, blocks: null });
  #luma: Uint8Array = shared(this.#thumbnails.lumaBytes);
  #before: Uint8Array = shared(this.#thumbnails.lumaBytes);
  readonly #rgb = shared(this.#thumbnails.rgbBytes);

  /** The difference detector: thumbnail and difference. */
  difference(slot: Address): number {
    this.#thumbnails.luma(slot, this.#luma);
    const difference = this.#difference.of(this.#luma, this.#before);
    [this.#luma, this.#before] = [this.#before, this.#luma];
    return difference;
  }

  /** All that comes before the network, as of a frame that differs. */
  all(slot: Address): void {
    this.difference(slot);
    this.#thumbnails.rgb(slot, this.#rgb);
  }
}

/** Slots of one geometry, in memory of their own. */
export class Slots {
  readonly arena: SharedArrayBuffer;
  readonly address: Address;
  readonly #stepBytes: number;

  constructor(geometry: FrameGeometry) {
    const slotBytes = SlotHeader.sizeBytes + planeLayout(geometry).sizeBytes;
    this.#stepBytes = Math.ceil(slotBytes / 64) * 64;
    this.arena = new SharedArrayBuffer(this.#stepBytes * SLOT_COUNT);
    this.address = addressOf(new Uint8Array(this.arena));
    for (let slot = 0; slot < SLOT_COUNT; slot += 1) {
      const offset = slot * this.#stepBytes;
      writeGeometry(this.arena, offset, geometry);
      new Uint32Array(this.arena)[(offset + SlotHeader.slotBytes) / 4] = slotBytes;
    }
  }

  /** Address of the slot that frame `index` lies in. */
  at(index: number): Address {
    return this.address + (index % SLOT_COUNT) * this.#stepBytes;
  }
}

/** Reads a video to its end as an ingest worker does; returns frames a second, all counted. */
export async function readVideo(path: string, options: EarlyPathOptions): Promise<number> {
  const { every, look } = options;
  const source = await openSource(path, { pipes: { createPipe, closeFd }, every });
  const startedMs = performance.now();
  const segment = await source.open();
  if (segment === null) throw new Error(`"${path}" has no frames`);
  const slots = new Slots(segment.geometry);
  const stop = addressOf(new Uint32Array(slots.arena, SlotHeader.state, 1));
  const { arena, address: arenaAddress } = slots;
  const feed = openFeed(segment, { arena, arenaAddress, stopAddress: stop });
  const looks = new Looks();
  let frames = 0;
  for (; feed.fill(slots.at(frames)) === Status.ok; frames += 1) {
    feed.timeMs();
    if (look && frames % every === 0) looks.all(slots.at(frames));
  }
  feed.close();
  const seconds = (performance.now() - startedMs) / 1000;
  const error = await source.finish({ frames, partialBytes: 0 });
  if (error !== null) throw error;
  return frames / seconds;
}

function shared(sizeBytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(sizeBytes));
}
