import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";
import type { ConvolutionLayer } from "./architectures.ts";

/** A layer of a training step: what it makes, and how a gradient finds its way back through it. */
export interface Layer {
  readonly output: Value;
  /**
   * Adds the nodes that turn the loss's gradient by this layer's output into those by its
   * parameters and by its input.
   *
   * @returns the gradient by the input; of the first layer it is not wanted, and null
   */
  readonly backward: (gradient: Value) => Value | null;
}

/** Parameters of a layer as tensors, and where the gradients by them go. */
export interface LayerParameters {
  readonly weight: Value;
  readonly bias: Value;
  readonly setGradients: (weight: Value, bias: Value) => void;
}

/** Names of what is made for one layer begin with it. */
interface Named {
  readonly graph: GraphBuilder;
  readonly name: string;
  readonly batch: number;
}

export interface ConvolutionOptions extends Named {
  readonly input: Value;
  readonly layer: ConvolutionLayer;
  readonly parameters: LayerParameters;
  readonly isFirst: boolean;
}

const KERNEL = 3;
const TAPS = KERNEL * KERNEL;

/**
 * A 3×3 convolution with a border of one zero.
 *
 * Its weights' gradient is a matrix product, per picture, of the output's gradient with the input's
 * patches (im2col: K. Chellapilla, S. Puri, P. Simard, "High Performance Convolutional Neural
 * Networks for Document Processing", 2006), summed over the batch. The patches are cut out by slices
 * of one axis each: those of two at once are several times slower in ONNX Runtime, and so is a
 * convolution with batch and channels swapped.
 */
export function convolution(options: ConvolutionOptions): Layer {
  const { graph, name, input, layer, parameters, batch } = options;
  const { weight, bias } = parameters;
  const { channelsIn, channelsOut, stride, sideOut } = layer;
  const attributes = {
    kernel_shape: [KERNEL, KERNEL],
    pads: [1, 1, 1, 1],
    strides: [stride, stride],
  };
  const output = graph.add("Conv", [input, weight, bias], attributes, `${name}_output`);
  const backward = (gradient: Value): Value | null => {
    const places = sideOut * sideOut;
    const patches = cutPatches(options);
    const columns = graph.add("Reshape", [patches, graph.list([batch, TAPS * channelsIn, places])]);
    const rows = graph.add("Transpose", [columns], { perm: [0, 2, 1] });
    const flat = graph.add("Reshape", [gradient, graph.list([batch, channelsOut, places])]);
    const each = graph.add("MatMul", [flat, rows]);
    const sum = graph.add("ReduceSum", [each, graph.list([0])], { keepdims: 0 });
    const tapped = graph.add("Reshape", [sum, graph.list([channelsOut, TAPS, channelsIn])]);
    parameters.setGradients(
      graph.add("Transpose", [tapped], { perm: [0, 2, 1] }, `${name}_weight_gradient`),
      graph.add("ReduceSum", [flat, graph.list([0, 2])], { keepdims: 0 }, `${name}_bias_gradient`),
    );
    if (options.isFirst) return null;
    return graph.add("ConvTranspose", [gradient, weight], {
      ...attributes,
      output_padding: Array(2).fill(stride === 1 ? 0 : (layer.sideIn - 1) % stride),
    });
  };
  return { output, backward };
}

/** `[batch, 9·in, rows, columns]`: for each of the nine taps, what it reads at every place. */
function cutPatches({ graph, input, layer }: ConvolutionOptions): Value {
  const { stride, sideOut } = layer;
  const padded = graph.add("Pad", [input, graph.list([0, 0, 1, 1, 0, 0, 1, 1])]);
  const taps = Array.from({ length: KERNEL }, (_, index) => index);
  const cut = (value: Value, tap: number, axis: number): Value => {
    const end = tap + stride * (sideOut - 1) + 1;
    const lists = [[tap], [end], [axis], [stride]].map((values) => graph.list(values));
    return graph.add("Slice", [value, ...lists]);
  };
  const pieces = taps.flatMap((row) => {
    const rows = cut(padded, row, 2);
    return taps.map((column) => cut(rows, column, 3));
  });
  return graph.add("Concat", pieces, { axis: 1 });
}

export interface PoolOptions extends Named {
  readonly input: Value;
  readonly channels: number;
  /** Before the pool. */
  readonly sideIn: number;
}

/** The largest of each 2×2; the gradient goes back to where it was. */
export function maxPool({ graph, name, input, channels, sideIn, batch }: PoolOptions): Layer {
  const [output, places] = [`${name}_output`, `${name}_places`];
  const attributes = { kernel_shape: [2, 2], strides: [2, 2] };
  graph.addMany("MaxPool", [input], attributes, [output, places]);
  const shape = graph.list([batch, channels, sideIn, sideIn]);
  return {
    output,
    backward: (gradient) => graph.add("MaxUnpool", [gradient, places, shape], attributes),
  };
}

/** The mean of each 2×2: the smooth stand-in for `maxPool`, whose gradient is continuous. */
export function averagePool({ graph, name, input, channels, sideIn }: PoolOptions): Layer {
  const attributes = { kernel_shape: [2, 2], strides: [2, 2] };
  const output = graph.add("AveragePool", [input], attributes, `${name}_output`);
  const shares = new Float32Array(4 * channels).fill(1 / 4);
  const share = graph.constant(`${name}_share`, shares, [channels, 1, 2, 2]);
  const left = sideIn % 2;
  const spread = { ...attributes, group: channels, output_padding: [left, left] };
  return {
    output,
    backward: (gradient) => graph.add("ConvTranspose", [gradient, share], spread),
  };
}

/** max(x, 0). */
export function relu({ graph, name, input }: Named & { readonly input: Value }): Layer {
  const output = graph.add("Relu", [input], {}, `${name}_output`);
  const backward = (gradient: Value): Value => {
    const zero = graph.scalar(`${name}_zero`, 0);
    return graph.add("Where", [graph.add("Greater", [output, zero]), gradient, zero]);
  };
  return { output, backward };
}

/** The hyperbolic tangent: the smooth stand-in for `relu`. */
export function tanh({ graph, name, input }: Named & { readonly input: Value }): Layer {
  const output = graph.add("Tanh", [input], {}, `${name}_output`);
  const backward = (gradient: Value): Value => {
    const slope = graph.add("Sub", [graph.scalar(`${name}_one`, 1), square(graph, output)]);
    return graph.add("Mul", [gradient, slope]);
  };
  return { output, backward };
}

function square(graph: GraphBuilder, value: Value): Value {
  return graph.add("Mul", [value, value]);
}

/** `[batch, in] · [in, out] + bias`. */
export function dense(
  options: Named & { readonly input: Value; readonly parameters: LayerParameters },
): Layer {
  const { graph, name, input, parameters } = options;
  const { weight, bias } = parameters;
  const output = graph.add("Gemm", [input, weight, bias], {}, `${name}_output`);
  const backward = (gradient: Value): Value => {
    parameters.setGradients(
      graph.add("Gemm", [input, gradient], { transA: 1 }, `${name}_weight_gradient`),
      graph.add("ReduceSum", [gradient, graph.list([0])], { keepdims: 0 }, `${name}_bias_gradient`),
    );
    return graph.add("Gemm", [gradient, weight], { transB: 1 });
  };
  return { output, backward };
}

/** Another shape over the same values. */
export function reshape(
  options: Named & {
    readonly input: Value;
    readonly from: readonly number[];
    readonly to: readonly number[];
  },
): Layer {
  const { graph, name, input, from, to } = options;
  return {
    output: graph.add("Reshape", [input, graph.list(to)], {}, `${name}_output`),
    backward: (gradient) => graph.add("Reshape", [gradient, graph.list(from)]),
  };
}
