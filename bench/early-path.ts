import { SlotHeader, Status } from "../src/layout/layout.gen.ts";
import { planeLayout } from "../src/layout/planes.ts";
import { writeGeometry } from "../src/layout/slot-geometry.ts";
import { Difference } from "../src/native/difference.ts";
import { type Address, addressOf, closeFd, createPipe } from "../src/native/library.ts";
import { Thumbnails } from "../src/native/thumbnail.ts";
import { mulberry32 } from "../src/random.ts";
import { openFeed } from "../src/source/feed.ts";
import { openSource } from "../src/source/open.ts";
import type { SourceOptions } from "../src/source/options.ts";
import type { Source } from "../src/source/source.ts";
import { openVideoInput, probeVideo } from "../src/source/video.ts";
import { DEFAULT_ARCHITECTURE, layerPlan } from "../src/training/architectures.ts";
import { initialParameters } from "../src/training/initial-parameters.ts";
import { networkModel } from "../src/training/network-graph.ts";
import { NetworkScorer } from "../src/training/network-scorer.ts";
import type { FrameGeometry } from "../src/types.ts";

/** Sides of the difference detector's thumbnail, and of a specialized network's. */
const SIDE = DEFAULT_ARCHITECTURE.side;
/** Frames that a network looks at together. */
const BATCH = 16;
/** Slots read in turns, as a source's are: a picture is not still in the cache from last time. */
const SLOT_COUNT = 8;

/** What is done with every frame once it lies in its slot. */
export interface EarlyPathOptions {
  /** Every how many frames one is read and looked at. */
  readonly every: number;
  /** Whether frames are looked at at all. */
  readonly look: boolean;
  /** Whether the decoder is given every packet, whatever is read. Default false. */
  readonly allPackets?: boolean;
}

/** A network of the usual form, whose weights nobody has trained: it takes as long. */
function untrainedNetwork(): Uint8Array {
  const architecture = DEFAULT_ARCHITECTURE;
  const plan = layerPlan(architecture);
  return networkModel({
    architecture,
    mean: new Float32Array(3 * architecture.side ** 2).fill(128),
    scale: 1 / 64,
    parameters: initialParameters(plan, mulberry32(1)),
  });
}

/** The levels before the reference model: difference to the frame before, and the network. */
export class Looks {
  readonly #thumbnails = new Thumbnails({ side: SIDE, region: null });
  readonly #difference = new Difference({ side: SIDE, blocks: null });
  #luma: Uint8Array = shared(this.#thumbnails.lumaBytes);
  #before: Uint8Array = shared(this.#thumbnails.lumaBytes);
  readonly #network = new NetworkScorer(untrainedNetwork(), { batchMax: BATCH });
  readonly #pictures = Array.from({ length: BATCH }, (_, place) =>
    this.#network.pictures.subarray(
      place * this.#thumbnails.rgbBytes,
      (place + 1) * this.#thumbnails.rgbBytes,
    ),
  );
  #count = 0;

  /** The difference detector: thumbnail and difference. */
  difference(slot: Address): number {
    this.#thumbnails.luma(slot, this.#luma);
    const difference = this.#difference.of(this.#luma, this.#before);
    [this.#luma, this.#before] = [this.#before, this.#luma];
    return difference;
  }

  /** All levels, as of a frame that differs; the network's in batches. */
  all(slot: Address): void {
    this.difference(slot);
    this.#thumbnails.rgb(slot, this.#pictures[this.#count] as Uint8Array);
    this.#count += 1;
    if (this.#count === BATCH) this.network();
  }

  /** The network, over what has come since it was last run. Returns how many frames that were. */
  network(): number {
    const count = this.#count;
    if (count > 0) this.#network.run(count);
    this.#count = 0;
    return count;
  }

  close(): void {
    this.#network.close();
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
  const { every, look, allPackets = false } = options;
  const reading = { pipes: { createPipe, closeFd }, every };
  const source = allPackets ? await openWhole(path, reading) : await openSource(path, reading);
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
  looks.network();
  feed.close();
  looks.close();
  const seconds = (performance.now() - startedMs) / 1000;
  const error = await source.finish({ frames, partialBytes: 0 });
  if (error !== null) throw error;
  return frames / seconds;
}

/** A video whose decoder is given every packet, as where it is no file on this machine. */
async function openWhole(path: string, options: SourceOptions): Promise<Source> {
  const input = { name: path, spec: path, input: ["-i", `file:${path}`] };
  return await openVideoInput({ ...input, stream: await probeVideo(path) }, options);
}

function shared(sizeBytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(sizeBytes));
}
