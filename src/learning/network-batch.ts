import { GraphSession } from "../native/graph.ts";
import { type Tensor, tensor } from "../native/graph-tensor.ts";

/** Thumbnails of one run: more gain hardly anything. */
export const BATCH_SIZE = 16;

type Tensors = Readonly<Record<string, Tensor>>;

/** A specialized network that answers batches of thumbnails. Belongs to the thread that made it. */
export class NetworkBatch {
  /** Where the thumbnails of the next run are written: u8 [16, 3, side, side]. */
  readonly images: Uint8Array;
  /** What the last run answered: f32 [16], probability of the object. */
  readonly scores: Float32Array;
  readonly #graph: GraphSession;
  readonly #inputs: readonly Tensors[];
  readonly #outputs: readonly Tensors[];

  /** @throws {AipError} `graph-unusable` */
  constructor(model: Uint8Array, side: number) {
    this.#graph = GraphSession.open(model);
    const images = tensor("u8", [BATCH_SIZE, 3, side, side]);
    const scores = tensor("f32", [BATCH_SIZE, 1]);
    this.images = images.data;
    this.scores = scores.data;
    const input = this.#graph.inputs[0]?.name ?? "";
    const output = this.#graph.outputs[0]?.name ?? "";
    const bytes = 3 * side * side;
    const counts = Array.from({ length: BATCH_SIZE + 1 }, (_, count) => count);
    this.#inputs = counts.map((count) => ({
      [input]: { data: images.data.subarray(0, count * bytes), shape: [count, 3, side, side] },
    }));
    this.#outputs = counts.map((count) => ({
      [output]: { data: scores.data.subarray(0, count), shape: [count, 1] },
    }));
  }

  /** Answers the first `count` thumbnails. HOT. */
  run(count: number = BATCH_SIZE): void {
    this.#graph.run(this.#inputs[count] as Tensors, this.#outputs[count] as Tensors);
  }

  close(): void {
    this.#graph.close();
  }
}
