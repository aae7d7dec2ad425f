/**
 * The worker that times the early levels while the others run: luma thumbnail with difference, and
 * each network with its thumbnail, in turns, until it is told to stop.
 */
import type { DifferenceLevel, Question } from "../cascade/types.ts";
import { blankSlot } from "../layout/blank-slot.ts";
import { SlotHeader } from "../layout/layout.gen.ts";
import { Difference } from "../native/difference.ts";
import { addressOf, clockMs } from "../native/library.ts";
import { Thumbnails } from "../native/thumbnail.ts";
import { mulberry32 } from "../random.ts";
import { rootArena } from "../ring/arena.ts";
import { NetworkScorer } from "../training/network-scorer.ts";
import type { FrameGeometry } from "../types.ts";

/** What the worker is started with. */
export interface CostTask {
  /** Of the camera's frames. */
  readonly geometry: FrameGeometry;
  readonly region: Question["region"];
  /** Side of the luma thumbnails. */
  readonly lumaSide: number;
  readonly blocks: DifferenceLevel["blocks"];
  readonly networks: readonly { readonly model: Uint8Array; readonly side: number }[];
  /** One word; not 0 ends it. */
  readonly stop: SharedArrayBuffer;
}

/** Ms a frame of each turn. */
export type CostMessage =
  | {
      readonly kind: "measured";
      readonly differenceMs: readonly number[];
      /** One list for each network. */
      readonly networkMs: readonly (readonly number[])[];
    }
  | { readonly kind: "failed"; readonly message: string };

declare const self: Worker;

/** Frames of one turn of the difference detector. */
const DIFFERENCE_FRAMES = 64;
/** Thumbnails of one run, as while frames are screened. */
const BATCH_SIZE = 16;
/** Batches of one turn of a network. */
const BATCH_COUNT = 4;
/** Turns that are measured at least, after one nobody counts. */
const TURNS_MIN = 6;
const TURNS_MAX = 4096;

self.onmessage = ({ data }: MessageEvent<CostTask>): void => {
  const post = (message: CostMessage): void => self.postMessage(message);
  try {
    post(measure(data));
  } catch (error) {
    post({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};

function measure(task: CostTask): CostMessage {
  const stop = new Int32Array(task.stop);
  const slot = busySlot(task.geometry);
  const difference = differenceTurn(task, slot);
  const networks = task.networks.map((network) => networkTurn(network, task.region, slot));
  const differenceMs: number[] = [];
  const networkMs = networks.map((): number[] => []);
  try {
    for (let turn = -1; turn < TURNS_MAX; turn += 1) {
      if (turn >= TURNS_MIN && Atomics.load(stop, 0) !== 0) break;
      const each = difference();
      const others = networks.map(({ run }) => run());
      // The first turn touches pages and wakes caches.
      if (turn < 0) continue;
      differenceMs.push(each);
      for (const [index, ms] of others.entries()) networkMs[index]?.push(ms);
    }
  } finally {
    for (const { close } of networks) close();
  }
  return { kind: "measured", differenceMs, networkMs };
}

/** A slot with a picture that no kernel can take short cuts on. */
function busySlot(geometry: FrameGeometry): number {
  const slot = blankSlot(geometry);
  const random = mulberry32(1);
  for (let at = SlotHeader.sizeBytes; at < slot.length; at += 1) slot[at] = 256 * random();
  rootArena(slot.buffer as SharedArrayBuffer);
  return addressOf(slot);
}

/** Ms a frame of luma thumbnail and difference. */
function differenceTurn({ region, lumaSide, blocks }: CostTask, slot: number): () => number {
  const thumbnails = new Thumbnails({ side: lumaSide, region });
  const difference = new Difference({ side: lumaSide, blocks });
  const [current, anchor] = [0, 1].map(
    () => new Uint8Array(new SharedArrayBuffer(thumbnails.lumaBytes)),
  ) as [Uint8Array, Uint8Array];
  return () => {
    const beganMs = clockMs();
    for (let frame = 0; frame < DIFFERENCE_FRAMES; frame += 1) {
      thumbnails.luma(slot, current);
      difference.of(current, anchor);
    }
    return (clockMs() - beganMs) / DIFFERENCE_FRAMES;
  };
}

/** Ms a frame of colour thumbnail and network, in full batches. */
function networkTurn(
  { model, side }: CostTask["networks"][number],
  region: Question["region"],
  slot: number,
): { readonly run: () => number; readonly close: () => void } {
  const scorer = new NetworkScorer(model, { batchMax: BATCH_SIZE });
  const thumbnails = new Thumbnails({ side, region });
  const places = Array.from({ length: BATCH_SIZE }, (_, place) =>
    scorer.pictures.subarray(place * thumbnails.rgbBytes, (place + 1) * thumbnails.rgbBytes),
  );
  return {
    run: () => {
      const beganMs = clockMs();
      for (let count = 0; count < BATCH_COUNT; count += 1) {
        for (const place of places) thumbnails.rgb(slot, place);
        scorer.run(BATCH_SIZE);
      }
      return (clockMs() - beganMs) / (BATCH_COUNT * BATCH_SIZE);
    },
    close: () => scorer.close(),
  };
}
