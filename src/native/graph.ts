import { runtimeError } from "../errors.ts";
import { Status } from "../layout/layout.gen.ts";
import { suggestion } from "../nearest.ts";
import { type Tensor, TensorTable } from "./graph-tensor.ts";
import type { OnnxInspection } from "./inspection.ts";
import {
  type Address,
  check,
  lastError,
  library,
  loadOnnxRuntime,
  outBuffer,
  readCString,
} from "./library.ts";
import { readAddress } from "./session.ts";

/** Inputs and outputs a graph declares. */
export type GraphDescription = Pick<OnnxInspection, "inputs" | "outputs">;

export interface GraphOptions {
  /**
   * Threads inside one run, default 1; none of them spins. With one thread equal inputs give equal
   * bits.
   */
  readonly threads?: number;
}

/**
 * An ONNX model of any inputs and outputs, run by ONNX Runtime on the CPU over the caller's memory.
 * Belongs to the thread that opened it.
 *
 * @example
 * ```ts
 * const graph = GraphSession.open(model);
 * const [x, y] = [tensor("u8", [16, 3, 50, 50]), tensor("f32", [16, 1])];
 * graph.run({ images: x }, { probability: y });
 * graph.close();
 * ```
 */
export class GraphSession {
  readonly inputs: GraphDescription["inputs"];
  readonly outputs: GraphDescription["outputs"];
  #handle: Address;
  readonly #inputIndices: ReadonlyMap<string, number>;
  readonly #outputIndices: ReadonlyMap<string, number>;
  readonly #given: TensorTable;
  readonly #wanted: TensorTable;

  /**
   * Opens a model from its bytes, which are not needed afterwards.
   *
   * @throws {AipError} `graph-unusable` where it is no model, or one ONNX Runtime cannot run
   */
  static open(model: Uint8Array, { threads = 1 }: GraphOptions = {}): GraphSession {
    if (!Number.isInteger(threads) || threads < 1) {
      throw new RangeError(`threads must be a whole number of at least 1, not ${threads}`);
    }
    loadOnnxRuntime();
    const bytes = new Uint8Array(new SharedArrayBuffer(Math.max(1, model.length)));
    bytes.set(model);
    const out = new Uint32Array(new SharedArrayBuffer(8));
    check(library().aip_graph_open(bytes, model.length, threads, out), "graph-unusable");
    return new GraphSession(readAddress(out));
  }

  private constructor(handle: Address) {
    this.#handle = handle;
    const { inputs, outputs } = describe(handle);
    this.inputs = inputs;
    this.outputs = outputs;
    this.#inputIndices = new Map(inputs.map(({ name }, index) => [name, index]));
    this.#outputIndices = new Map(outputs.map(({ name }, index) => [name, index]));
    this.#given = new TensorTable(inputs.length);
    this.#wanted = new TensorTable(outputs.length);
  }

  /**
   * Reads every input and writes the outputs named; what others would hold is thrown away. An output
   * must not share memory with an input.
   *
   * HOT: one native call, and nothing is allocated on this side of it.
   *
   * @throws {TypeError} where an input is missing, a name is none of the graph's, or a tensor does
   *   not lie in shared memory
   * @throws {AipError} `graph-failed` where a tensor's type or shape is not the declared one, or
   *   ONNX Runtime fails
   */
  run(inputs: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>): void {
    if (this.#handle === 0) throw new TypeError("The graph session is closed");
    const given = this.#given;
    fill(given, inputs, this.#inputIndices, "input");
    if (given.length < this.#inputIndices.size) throw this.#missing(inputs);
    const wanted = this.#wanted;
    fill(wanted, outputs, this.#outputIndices, "output");
    const status = library().aip_graph_run(
      this.#handle,
      given.words,
      given.length,
      wanted.words,
      wanted.length,
    );
    if (status !== Status.ok) check(status, "graph-failed");
  }

  close(): void {
    if (this.#handle === 0) return;
    library().aip_graph_close(this.#handle);
    this.#handle = 0;
  }

  #missing(inputs: Readonly<Record<string, Tensor>>): TypeError {
    const names = [...this.#inputIndices.keys()].filter((name) => !(name in inputs));
    return new TypeError(`The graph also wants the inputs ${names.join(", ")}`);
  }
}

/** HOT: a few names a run. */
function fill(
  table: TensorTable,
  tensors: Readonly<Record<string, Tensor>>,
  indices: ReadonlyMap<string, number>,
  kind: "input" | "output",
): void {
  table.length = 0;
  for (const name in tensors) {
    const index = indices.get(name);
    if (index === undefined) {
      const known = [...indices.keys()];
      throw new TypeError(`The graph has no ${kind} "${name}"${suggestion(name, known)}`);
    }
    table.add(name, index, tensors[name] as Tensor);
  }
}

function describe(handle: Address): GraphDescription {
  const needed = new Uint32Array(new SharedArrayBuffer(4));
  let json = outBuffer(16384);
  for (;;) {
    const status = library().aip_graph_describe(handle, json, json.length, needed);
    if (status !== Status.truncated) {
      check(status, "graph-unusable");
      return JSON.parse(readCString(json)) as GraphDescription;
    }
    const size = needed[0] as number;
    if (size <= json.length) throw runtimeError("graph-unusable", lastError());
    json = outBuffer(size);
  }
}
