/**
 * The worker that reads footage: it has every frame decoded into one slot, as an ingest worker has,
 * and keeps small copies of those it is asked for.
 */
import { blankSlot } from "../layout/blank-slot.ts";
import { Status } from "../layout/layout.gen.ts";
import { type Address, addressOf, check } from "../native/library.ts";
import { Thumbnails } from "../native/thumbnail.ts";
import { type FrameFeed, openFeed } from "../source/feed.ts";
import type { IngestSegment } from "../source/source.ts";
import type {
  FootageCommand,
  FootageMessage,
  FootageStart,
  FootageTask,
} from "./footage-protocol.ts";
import { LUMA_SIDE } from "./luma-side.ts";

declare const self: Worker;

let copier: FrameCopier | undefined;

self.onmessage = ({ data }: MessageEvent<FootageCommand>) => {
  const post = (message: FootageMessage): void => self.postMessage(message);
  try {
    post(obey(data));
  } catch (error) {
    post({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};

function obey(command: FootageCommand): FootageMessage {
  if (command.type === "start") {
    copier = new FrameCopier(command);
  } else if (copier === undefined) {
    throw new TypeError(`"${command.type}" came before the start`);
  } else if (command.type === "fill") {
    return copier.fill(command);
  } else if (command.type === "segment") {
    copier.open(command.segment);
  } else {
    copier.close();
  }
  return { type: "done" };
}

class FrameCopier {
  readonly #region: FootageStart["region"];
  readonly #stop: Int32Array;
  readonly #luma: Thumbnails;
  #feed: FrameFeed | undefined;
  /** Kept here for as long as native code writes into it. */
  #slot: Uint8Array = new Uint8Array();
  /** Frames passed so far, over all segments, and before this one. */
  #frame = 0;
  #before = 0;

  constructor({ region, stop }: FootageStart) {
    this.#region = region;
    this.#stop = stop;
    this.#luma = new Thumbnails({ side: LUMA_SIDE, region });
  }

  open(segment: IngestSegment): void {
    this.close();
    this.#slot = blankSlot(segment.geometry);
    this.#feed = openFeed(segment, {
      arena: this.#slot.buffer as SharedArrayBuffer,
      arenaAddress: addressOf(this.#slot),
      stopAddress: addressOf(this.#stop),
    });
    this.#before = this.#frame;
  }

  fill(task: FootageTask): FootageMessage {
    const feed = this.#feed;
    if (feed === undefined) throw new TypeError("a task came before its segment");
    const status = this.#copy(feed, task);
    if (status === Status.ok) return { type: "filled" };
    if (status === Status.stopped) return { type: "stopped" };
    const frames = this.#frame - this.#before;
    const { partialBytes } = feed;
    this.close();
    return { type: "end", frames, partialBytes, passed: this.#frame };
  }

  close(): void {
    this.#feed?.close();
    this.#feed = undefined;
  }

  // HOT: once a frame; every call in it is native or a store.
  #copy(feed: FrameFeed, { start, end, chosen, room }: FootageTask): number {
    const slot = addressOf(this.#slot);
    const [luma, timesMs] = [addressOf(room.luma), room.timesMs];
    const colour = room.colour.map(({ side, data }) => ({
      thumbnails: new Thumbnails({ side, region: this.#region }),
      address: addressOf(data),
    }));
    let next = firstFrom(chosen, this.#frame);
    while (this.#frame < end) {
      if (Atomics.load(this.#stop, 0) !== 0) return Status.stopped;
      const isWanted = this.#frame >= start;
      const status = isWanted ? feed.fill(slot) : feed.skip(slot);
      if (status === Status.end || status === Status.stopped) return status;
      check(status, "source-failed");
      if (isWanted) {
        const place = this.#frame - start;
        timesMs[place] = feed.timeMs();
        this.#luma.luma(slot, luma + place * this.#luma.lumaBytes);
        if (chosen[next] === this.#frame) {
          for (let index = 0; index < colour.length; index += 1) {
            const { thumbnails, address } = colour[index] as (typeof colour)[0];
            thumbnails.rgb(slot, (address + next * thumbnails.rgbBytes) as Address);
          }
          next += 1;
        }
      }
      this.#frame += 1;
    }
    return Status.ok;
  }
}

/** Index of the first of some ascending frames that is not before `frame`. */
function firstFrom(frames: Uint32Array, frame: number): number {
  const index = frames.findIndex((each) => each >= frame);
  return index < 0 ? frames.length : index;
}
