/**
 * The worker that decodes beside a trial: it takes a frame from its source for each one that the
 * measured devices answer, into a slot nobody reads.
 */
import { blankSlot } from "../layout/blank-slot.ts";
import { Status } from "../layout/layout.gen.ts";
import { type Address, addressOf, check, clockMs } from "../native/library.ts";
import { rootArena } from "../ring/arena.ts";
import { type FrameFeed, openFeed } from "../source/feed.ts";
import type { IngestSegment } from "../source/source.ts";
import { StationWord } from "./station-protocol.ts";

export type FeederCommand =
  | { readonly type: "segment"; readonly segment: IngestSegment }
  | {
      readonly type: "start";
      /** Words of the stations that are followed; none: as fast as can be. */
      readonly answered: readonly SharedArrayBuffer[];
      /** One word; not 0 ends it. */
      readonly stop: SharedArrayBuffer;
    }
  | { readonly type: "close" };

export type FeederMessage =
  /** The source has no more frames: a segment must follow. */
  | { readonly type: "end" }
  | { readonly type: "fed"; readonly frames: number; readonly elapsedMs: number }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "closed" };

declare const self: Worker;

/** Frames decoded ahead of the answers, as a run's slots allow. */
const AHEAD_COUNT = 8;
/** Sleep while enough frames are ahead. */
const WAIT_MS = 0.5;

/** A slot of its own, for frames nobody reads. */
interface Slot {
  readonly arena: SharedArrayBuffer;
  readonly address: Address;
}

let feed: FrameFeed | undefined;
let slot: Slot | undefined;
let trial: Trial | undefined;

self.onmessage = (event: MessageEvent<FeederCommand>) => {
  const command = event.data;
  const post = (message: FeederMessage): void => self.postMessage(message);
  try {
    if (command.type === "close") {
      feed?.close();
      post({ type: "closed" });
      return;
    }
    if (command.type === "segment") open(command.segment);
    else trial = new Trial(command.answered, command.stop);
    if (trial === undefined || feed === undefined || slot === undefined) return;
    if (!trial.follow(feed, slot.address)) {
      post({ type: "end" });
      return;
    }
    const { frames, elapsedMs } = trial;
    trial = undefined;
    post({ type: "fed", frames, elapsedMs });
  } catch (error) {
    trial = undefined;
    post({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};

function open(segment: IngestSegment): void {
  feed?.close();
  const arena = blankSlot(segment.geometry).buffer as SharedArrayBuffer;
  rootArena(arena);
  const address = addressOf(new Uint8Array(arena));
  const stop = new SharedArrayBuffer(4);
  rootArena(stop);
  // Decoders of files never keep a read waiting for long: nothing needs to break one off.
  const stopAddress = addressOf(new Uint8Array(stop));
  feed = openFeed(segment, { arena, arenaAddress: address, stopAddress });
  slot = { arena, address };
}

class Trial {
  frames = 0;
  readonly #answered: readonly Int32Array[];
  readonly #stop: Int32Array;
  readonly #startedMs = clockMs();
  #lastMs = this.#startedMs;

  constructor(answered: readonly SharedArrayBuffer[], stop: SharedArrayBuffer) {
    this.#answered = answered.map((words) => new Int32Array(words));
    this.#stop = new Int32Array(stop);
  }

  get elapsedMs(): number {
    return this.#lastMs - this.#startedMs;
  }

  /** Delivers until stopped, which is true, or until the source ends. */
  follow(from: FrameFeed, address: Address): boolean {
    while (Atomics.load(this.#stop, 0) === 0) {
      if (this.#isAhead()) {
        Atomics.wait(this.#stop, 0, 0, WAIT_MS);
        continue;
      }
      const status = from.fill(address);
      if (status === Status.end) return false;
      check(status, "source-failed");
      from.timeMs();
      this.frames += 1;
      this.#lastMs = clockMs();
    }
    return true;
  }

  #isAhead(): boolean {
    if (this.#answered.length === 0) return false;
    let answered = 0;
    for (const words of this.#answered) answered += Atomics.load(words, StationWord.frames);
    return this.frames >= answered + AHEAD_COUNT;
  }
}
