/**
 * The worker that reads footage: it has every frame decoded into one slot, as an ingest worker has,
 * and keeps small copies of those selected. Frames between them are passed over.
 */
import { blankSlot } from "../layout/blank-slot.ts";
import { Status } from "../layout/layout.gen.ts";
import { type Address, addressOf, check } from "../native/library.ts";
import { Thumbnails } from "../native/thumbnail.ts";
import { rootArena } from "../ring/arena.ts";
import { type FrameFeed, openFeed } from "../source/feed.ts";
import type { IngestSegment } from "../source/source.ts";
import {
  type FootageCommand,
  type FootageMessage,
  type FootageTask,
  FootageWord,
} from "./footage-protocol.ts";

declare const self: Worker;

let keeper: Keeper | undefined;

self.onmessage = (event: MessageEvent<FootageCommand>) => {
  const command = event.data;
  const post = (message: FootageMessage): void => self.postMessage(message);
  try {
    if (command.type === "task") {
      keeper = new Keeper(command);
      post({ type: "ready" });
    } else if (keeper !== undefined) {
      post(keeper.read(command.segment));
    }
  } catch (error) {
    post({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};

class Keeper {
  readonly #task: FootageTask;
  readonly #luma: Thumbnails | null;
  readonly #colour: readonly Thumbnails[];
  readonly #lumaAddress: Address;
  readonly #colourAddresses: readonly Address[];
  /** Frames passed so far, over all segments, and kept. */
  #frame = 0;
  #kept = 0;

  constructor(task: FootageTask) {
    const { luma, colour, region, words } = task;
    this.#task = task;
    for (const { buffer } of [words, ...(luma === null ? [] : [luma.data])]) {
      rootArena(buffer as SharedArrayBuffer);
    }
    for (const { data } of colour) rootArena(data.buffer as SharedArrayBuffer);
    this.#luma = luma === null ? null : new Thumbnails({ side: luma.side, region });
    this.#colour = colour.map(({ side }) => new Thumbnails({ side, region }));
    this.#lumaAddress = luma === null ? 0 : addressOf(luma.data);
    this.#colourAddresses = colour.map(({ data }) => addressOf(data));
  }

  read(segment: IngestSegment): FootageMessage {
    const { words } = this.#task;
    const arena = blankSlot(segment.geometry).buffer as SharedArrayBuffer;
    rootArena(arena);
    const slot = addressOf(new Uint8Array(arena));
    const stopAddress = addressOf(words);
    const feed = openFeed(segment, { arena, arenaAddress: slot, stopAddress });
    const first = this.#frame;
    try {
      const reason = this.#pass(feed, slot);
      return {
        type: "end",
        frames: this.#frame - first,
        partialBytes: feed.partialBytes,
        reason,
      };
    } finally {
      feed.close();
    }
  }

  // HOT: once a frame; every call in it is native or a store.
  #pass(feed: FrameFeed, slot: Address): "end" | "enough" | "stopped" {
    const { words, ids, timesMs } = this.#task;
    while (this.#kept < ids.length) {
      if (Atomics.load(words, FootageWord.stop) !== 0) return "stopped";
      const isKept = this.#frame === this.#next();
      const status = isKept ? feed.fill(slot) : feed.skip(slot);
      if (status === Status.end) return "end";
      if (status === Status.stopped) return "stopped";
      check(status, "source-failed");
      if (isKept) {
        ids[this.#kept] = this.#frame;
        timesMs[this.#kept] = feed.timeMs();
        this.#keep(slot);
      }
      this.#frame += 1;
      Atomics.store(words, FootageWord.passed, this.#frame);
    }
    return "enough";
  }

  /** The next frame to keep. */
  #next(): number {
    const { selection } = this.#task;
    if ("frames" in selection) return selection.frames[this.#kept] as number;
    return selection.start + this.#kept;
  }

  #keep(slot: Address): void {
    const luma = this.#luma;
    if (luma !== null) luma.luma(slot, this.#lumaAddress + this.#kept * luma.lumaBytes);
    for (let index = 0; index < this.#colour.length; index += 1) {
      const colour = this.#colour[index] as Thumbnails;
      const address = this.#colourAddresses[index] as Address;
      colour.rgb(slot, address + this.#kept * colour.rgbBytes);
    }
    this.#kept += 1;
    Atomics.store(this.#task.words, FootageWord.kept, this.#kept);
  }
}
