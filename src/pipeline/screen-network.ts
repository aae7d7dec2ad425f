import type { NetworkLevel, Question } from "../cascade/types.ts";
import { EarlyAnswer, SlotHeader } from "../layout/layout.gen.ts";
import { GraphSession } from "../native/graph.ts";
import { type Tensor, tensor } from "../native/graph-tensor.ts";
import { Thumbnails } from "../native/thumbnail.ts";
import type { ScreenContext, ScreenLevel } from "./screen.ts";

/** Frames of one run at most: more gain hardly anything. */
const BATCH_MAX = 16;

type Tensors = Readonly<Record<string, Tensor>>;

/**
 * The specialized network. It looks at the frames of a batch together, when it is full or somebody
 * wants their answers.
 */
export class NetworkScreen implements ScreenLevel {
  readonly #arenaAddress: number;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #thumbnails: Thumbnails;
  readonly #graph: GraphSession;
  readonly #cLow: number;
  readonly #cHigh: number;
  /** Where each thumbnail of the batch is written. */
  readonly #places: readonly Uint8Array[];
  readonly #scores: Float32Array;
  /** Per number of frames, what the graph reads and writes. */
  readonly #inputs: readonly Tensors[];
  readonly #outputs: readonly Tensors[];
  /** Slots of the batch, as offsets in the arena. */
  readonly #offsets: Float64Array;
  #count = 0;

  /** @throws {AipError} `graph-unusable` where the network is no model of one input and output */
  constructor(level: NetworkLevel, region: Question["region"], context: ScreenContext) {
    const { model, side, cLow, cHigh } = level;
    const batchMax = Math.max(1, Math.min(BATCH_MAX, context.batchMax));
    this.#arenaAddress = context.arenaAddress;
    this.#words = new Int32Array(context.arena);
    this.#floats = new Float32Array(context.arena);
    this.#cLow = cLow;
    this.#cHigh = cHigh;
    this.#thumbnails = new Thumbnails({ side, region });
    this.#graph = GraphSession.open(model);
    const images = tensor("u8", [batchMax, 3, side, side]);
    const scores = tensor("f32", [batchMax, 1]);
    const { rgbBytes } = this.#thumbnails;
    this.#places = Array.from({ length: batchMax }, (_, place) =>
      images.data.subarray(place * rgbBytes, (place + 1) * rgbBytes),
    );
    this.#scores = scores.data;
    this.#offsets = new Float64Array(batchMax);
    const [input, output] = [nameOf(this.#graph.inputs), nameOf(this.#graph.outputs)];
    const counts = Array.from({ length: batchMax + 1 }, (_, count) => count);
    this.#inputs = counts.map((count) => ({
      [input]: { data: images.data.subarray(0, count * rgbBytes), shape: [count, 3, side, side] },
    }));
    this.#outputs = counts.map((count) => ({
      [output]: { data: scores.data.subarray(0, count), shape: [count, 1] },
    }));
  }

  /** HOT: the answer follows with the batch. */
  look(offset: number): number {
    if (this.#count === this.#offsets.length) this.flush();
    const place = this.#places[this.#count] as Uint8Array;
    this.#thumbnails.rgb(this.#arenaAddress + offset, place);
    this.#offsets[this.#count] = offset;
    this.#count += 1;
    return EarlyAnswer.none;
  }

  /** HOT: one run for the frames of the batch. */
  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    this.#graph.run(this.#inputs[count] as Tensors, this.#outputs[count] as Tensors);
    for (let place = 0; place < count; place += 1) {
      const offset = this.#offsets[place] as number;
      const score = this.#scores[place] as number;
      this.#floats[(offset + SlotHeader.score) / 4] = score;
      this.#words[(offset + SlotHeader.earlyAnswer) / 4] = this.#answer(score);
    }
  }

  close(): void {
    this.#graph.close();
  }

  #answer(score: number): number {
    if (score < this.#cLow) return EarlyAnswer.absent;
    return score > this.#cHigh ? EarlyAnswer.present : EarlyAnswer.none;
  }
}

function nameOf(tensors: readonly { readonly name: string }[]): string {
  const [only, ...others] = tensors;
  if (only === undefined || others.length > 0) {
    throw new RangeError(`a specialized network has one input and one output`);
  }
  return only.name;
}
