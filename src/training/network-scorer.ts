import { GraphSession } from "../native/graph.ts";
import { type TensorOf, tensor } from "../native/graph-tensor.ts";
import { NETWORK_INPUT, NETWORK_OUTPUT } from "./network-graph.ts";

export interface NetworkScorerOptions {
  /** Pictures in a call at most, default 64. */
  readonly batchMax?: number;
  /** Threads inside a call, default 1. */
  readonly threads?: number;
}

/**
 * Asks a specialized network for its probabilities, in batches. Belongs to the thread that made it.
 *
 * @example
 * ```ts
 * const scorer = new NetworkScorer(model);
 * const scores = new Float32Array(count);
 * scorer.score(thumbnails, count, scores);
 * scorer.close();
 * ```
 */
export class NetworkScorer {
  /** Side of its pictures in pixels. */
  readonly side: number;
  readonly batchMax: number;
  readonly #session: GraphSession;
  readonly #pictures: TensorOf<"u8">;
  readonly #scores: TensorOf<"f32">;
  readonly #pictureBytes: number;
  /** What a call of so many pictures reads and writes, at the place of their number. */
  readonly #calls: { readonly inputs: Inputs; readonly outputs: Outputs }[] = [];

  /** @throws {AipError} `graph-unusable` where it is no such network */
  constructor(model: Uint8Array, { batchMax = 64, threads = 1 }: NetworkScorerOptions = {}) {
    this.#session = GraphSession.open(model, { threads });
    const [input] = this.#session.inputs;
    const [, , rows = 0, columns = 0] = input?.shape ?? [];
    if (input?.name !== NETWORK_INPUT || input.dtype !== "uint8" || rows !== columns) {
      this.#session.close();
      throw new TypeError("A specialized network reads images, u8 [N, 3, side, side]");
    }
    this.side = rows;
    this.batchMax = batchMax;
    this.#pictureBytes = 3 * rows * rows;
    this.#pictures = tensor("u8", [batchMax, 3, rows, rows]);
    this.#scores = tensor("f32", [batchMax, 1]);
  }

  /** Room for the next call's pictures, u8 [batchMax, 3, side, side], to be filled in place. */
  get pictures(): Uint8Array {
    return this.#pictures.data;
  }

  /**
   * Scores the first `count` pictures in `pictures`; returns a view that the next call overwrites.
   *
   * HOT: one native call a batch.
   */
  run(count: number): Float32Array {
    const { inputs, outputs } = this.#call(count);
    this.#session.run(inputs, outputs);
    return outputs[NETWORK_OUTPUT].data;
  }

  /**
   * Scores pictures that lie one behind the other.
   *
   * @param images u8 [count, 3, side, side], planar RGB
   * @param scores Filled with a probability each.
   */
  score(images: Uint8Array, count: number, scores: Float32Array): void {
    for (let from = 0; from < count; from += this.batchMax) {
      const size = Math.min(this.batchMax, count - from);
      const start = from * this.#pictureBytes;
      this.pictures.set(images.subarray(start, start + size * this.#pictureBytes));
      scores.set(this.run(size), from);
    }
  }

  close(): void {
    this.#session.close();
  }

  #call(count: number): { readonly inputs: Inputs; readonly outputs: Outputs } {
    const known = this.#calls[count];
    if (known !== undefined) return known;
    if (!Number.isInteger(count) || count < 1 || count > this.batchMax) {
      throw new RangeError(`a call takes 1 to ${this.batchMax} pictures, not ${count}`);
    }
    const [pictures, scores] = [this.#pictures.data, this.#scores.data];
    const shape = [count, 3, this.side, this.side];
    const images = { data: pictures.subarray(0, count * this.#pictureBytes), shape };
    const probability = { data: scores.subarray(0, count), shape: [count, 1] };
    const call = {
      inputs: { [NETWORK_INPUT]: images } as Inputs,
      outputs: { [NETWORK_OUTPUT]: probability } as Outputs,
    };
    this.#calls[count] = call;
    return call;
  }
}

type Inputs = Readonly<Record<typeof NETWORK_INPUT, TensorOf<"u8">>>;
type Outputs = Readonly<Record<typeof NETWORK_OUTPUT, TensorOf<"f32">>>;
