import { Graph } from "./graph.ts";
import type { Node } from "./node.ts";
import { type ConstantTensor, integersIn } from "./tensor.ts";

/** Every other row and column of a picture: what the slices of a Focus layer take. */
interface Phase {
  /** The tensor they are taken from. */
  readonly root: string;
  readonly y: number;
  readonly x: number;
}

const ROWS = 2;
const COLUMNS = 3;
/** Slices "to the end" name an end at least this far away. */
const END_MIN = 2 ** 31 - 1;

/**
 * Merges a Focus layer into the convolution behind it. YOLOX and the first YOLOv5 begin with one:
 * four strided slices, each every other row and column, laid behind each other as channels, and a
 * k×k convolution over them. That is one 2k×2k convolution over the picture with twice the stride,
 * of as many multiplications and without moving all pixels first:
 *
 *     w'[o, c, 2·ky + y, 2·kx + x] = w[o, phase(y, x)·C + c, ky, kx]
 *
 * which is how YOLOv5 6.0 replaced it. Sums are formed in another order; results differ by
 * rounding.
 *
 * @param model bytes of an ONNX file
 * @returns bytes of the merged model, or null where it has no such layer
 * @throws {Error} where the bytes are no ONNX model
 */
export function mergeFocusStem(model: Uint8Array): Uint8Array | null {
  const graph = new Graph(model);
  // A graph within a node may read what is to be taken out.
  if (graph.nodes.some(({ hasGraph }) => hasGraph)) return null;
  for (const convolution of graph.nodes) {
    if (!merge(graph, convolution)) continue;
    graph.prune();
    return graph.model();
  }
  return null;
}

/** Replaces this node by a convolution over the picture; false where it is none behind a Focus. */
function merge(graph: Graph, node: Node): boolean {
  if (node.opType !== "Conv" || node.domain !== "" || !isPlain(node)) return false;
  const [stacked = "", weights = "", ...bias] = node.inputs;
  const phases = phasesOf(graph, stacked);
  if (phases === null) return false;
  const tensor = graph.constant(weights);
  if (tensor === undefined) return false;
  const merged = mergeWeights(tensor, phases);
  if (merged === null) return false;
  const twice = (values: readonly number[]): number[] => values.map((value) => 2 * value);
  const convolution = node.with([(phases[0] as Phase).root, merged.name, ...bias], {
    kernel_shape: merged.shape.slice(2),
    strides: twice(node.ints("strides") ?? [1, 1]),
    pads: twice(node.ints("pads") ?? [0, 0, 0, 0]),
  });
  graph.addInitializer(merged);
  graph.replace(node, convolution);
  return true;
}

/** Whether a convolution reads all channels, at places next to each other, with its own padding. */
function isPlain(convolution: Node): boolean {
  return (
    (convolution.int("group") ?? 1) === 1 &&
    (convolution.text("auto_pad") ?? "NOTSET") === "NOTSET" &&
    (convolution.ints("dilations") ?? []).every((dilation) => dilation === 1)
  );
}

/** The four phases a tensor is stacked from, in their order; null where it is no Focus. */
function phasesOf(graph: Graph, stacked: string): readonly Phase[] | null {
  const concat = graph.producerOf(stacked);
  if (concat?.opType !== "Concat" || concat.inputs.length !== 4 || concat.int("axis") !== 1) {
    return null;
  }
  const phases = concat.inputs.map((name) => phaseOf(graph, name));
  if (!phases.every((phase) => phase !== null)) return null;
  const places = new Set(phases.map(({ root, y, x }) => `${root} ${y} ${x}`));
  const roots = new Set(phases.map(({ root }) => root));
  return places.size === 4 && roots.size === 1 ? phases : null;
}

/** What a chain of slices takes; null where it is not every other row and column to the end. */
function phaseOf(graph: Graph, tensor: string): Phase | null {
  const starts = new Map<number, number>();
  let root = tensor;
  for (let node = graph.producerOf(root); node?.opType === "Slice"; node = graph.producerOf(root)) {
    const [data = "", ...rest] = node.inputs;
    const lists = rest.map((name) => graph.constant(name)).map((list) => list && integersIn(list));
    const [start, end, axes, steps] = lists;
    if (start === undefined || end === undefined || axes === undefined) return null;
    for (const [index, axis] of axes.entries()) {
      const first = start[index] as number;
      const isEveryOther = steps?.[index] === 2 && (end[index] as number) >= END_MIN;
      const isPlace = (axis === ROWS || axis === COLUMNS) && (first === 0 || first === 1);
      if (!isEveryOther || !isPlace || starts.has(axis)) return null;
      starts.set(axis, first);
    }
    root = data;
  }
  const [y, x] = [starts.get(ROWS), starts.get(COLUMNS)];
  return y === undefined || x === undefined ? null : { root, y, x };
}

/**
 * Lays the weights of each phase on its places of a kernel of twice the size; null where they are
 * not those of a convolution over four phases of a picture.
 */
function mergeWeights(tensor: ConstantTensor, phases: readonly Phase[]): ConstantTensor | null {
  const { elementBytes: size, data } = tensor;
  const [outputs = 0, stacked = 0, height = 0, width = 0] = tensor.shape;
  const channels = stacked / 4;
  if (tensor.shape.length !== 4 || !Number.isInteger(channels)) return null;
  const merged = new Uint8Array(data.length);
  let from = 0;
  for (let output = 0; output < outputs; output += 1) {
    for (const { y, x } of phases) {
      for (let channel = 0; channel < channels; channel += 1) {
        for (let row = 0; row < height; row += 1) {
          for (let column = 0; column < width; column += 1) {
            const plane = (output * channels + channel) * (2 * height) + 2 * row + y;
            const to = (plane * (2 * width) + 2 * column + x) * size;
            merged.set(data.subarray(from, from + size), to);
            from += size;
          }
        }
      }
    }
  }
  const shape = [outputs, channels, 2 * height, 2 * width];
  return { ...tensor, name: `${tensor.name}.merged`, shape, data: merged };
}
