import { GraphBuilder, type Value } from "../onnx/graph-builder.ts";
import { addAdamStep } from "./adam.ts";
import { type Architecture, type LayerPlan, layerPlan } from "./architectures.ts";
import {
  averagePool,
  convolution,
  dense,
  type Layer,
  type LayerParameters,
  maxPool,
  relu,
  reshape,
  tanh,
} from "./layers.ts";

export interface StepGraphOptions {
  readonly architecture: Architecture;
  /** Examples in a step. */
  readonly batch: number;
  /** Mean picture that is subtracted, f32 [3, side, side], 0–255. */
  readonly mean: Float32Array;
  /** Multiplies what is left. */
  readonly scale: number;
  /**
   * Tanh and average pools in place of ReLU and max pools: the same derivation over functions that
   * have a derivative everywhere, for comparison with finite differences.
   */
  readonly smooth?: boolean;
}

/**
 * Builds one step of training as a plain ONNX graph: forward, loss, backward, Adam.
 *
 * | input | | output | |
 * | --- | --- | --- | --- |
 * | `images` | u8 [batch, 3, side, side] | `loss` | f32 [], the weighted sum over the batch |
 * | `labels` | f32 [batch, 1], 0 or 1 | `gradient` | f32 [parameters] |
 * | `weights` | f32 [batch, 1], of each example's loss | `next_parameters` | f32 [parameters] |
 * | `parameters`, `moment1`, `moment2` | f32 [parameters] | `next_moment1`, `next_moment2` | f32 [parameters] |
 * | `rate` | f32 [1], with Adam's correction | | |
 *
 * The loss is binary cross-entropy of the logit z: softplus(z) − y·z.
 *
 * @returns the ONNX file
 */
export function stepGraph(options: StepGraphOptions): Uint8Array {
  const { architecture, batch } = options;
  const plan = layerPlan(architecture);
  const graph = new GraphBuilder("training_step");
  const { side } = architecture;
  const images = graph.input("images", "uint8", [batch, 3, side, side]);
  const labels = graph.input("labels", "float", [batch, 1]);
  const weights = graph.input("weights", "float", [batch, 1]);
  const parameters = graph.input("parameters", "float", [plan.parameterCount]);
  const tensors = splitParameters(graph, parameters, plan);
  const gradients = new Map<string, Value>();
  const of = (name: string): LayerParameters => ({
    weight: tensors.get(`${name}_weight`) as Value,
    bias: tensors.get(`${name}_bias`) as Value,
    setGradients: (weight, bias) => {
      gradients.set(`${name}_weight`, weight);
      gradients.set(`${name}_bias`, bias);
    },
  });
  const layers = forward(graph, normalize(graph, images, options), of, options, plan);
  const logits = (layers.at(-1) as Layer).output;
  const gradient = addLoss(graph, logits, labels, weights);
  layers.reduceRight<Value | null>((g, layer) => (g === null ? null : layer.backward(g)), gradient);
  const flat = plan.parameters.map(({ name, count }) =>
    graph.add("Reshape", [gradients.get(name) as Value, graph.list([count])]),
  );
  graph.add("Concat", flat, { axis: 0 }, "gradient");
  graph.output("gradient", "float", [plan.parameterCount]);
  addAdamStep(graph, { parameters, gradient: "gradient", count: plan.parameterCount });
  return graph.model({ producer: "aip", version: "1", description: "One step of training" });
}

/** (pixel − mean) · scale. */
function normalize(graph: GraphBuilder, images: Value, options: StepGraphOptions): Value {
  const { mean, scale, architecture } = options;
  const { side } = architecture;
  const scaled = graph.constant(
    "scaled_mean",
    mean.map((value) => value * scale),
    [3, side, side],
  );
  // One pass for conversion and scale: faster than Cast and Mul.
  const floats = graph.add("DequantizeLinear", [images, graph.scalar("scale", scale)]);
  return graph.add("Sub", [floats, scaled]);
}

function forward(
  graph: GraphBuilder,
  input: Value,
  of: (name: string) => LayerParameters,
  { batch, smooth = false }: StepGraphOptions,
  plan: LayerPlan,
): Layer[] {
  const layers: Layer[] = [];
  const output = (): Value => layers.at(-1)?.output ?? input;
  const activate = smooth ? tanh : relu;
  for (const [index, layer] of plan.convolutions.entries()) {
    const named = (kind: string) => ({ graph, batch, name: `${kind}${index}`, input: output() });
    const isFirst = index === 0;
    layers.push(convolution({ ...named("conv"), layer, parameters: of(`conv${index}`), isFirst }));
    if (layer.pooled) {
      const pool = smooth ? averagePool : maxPool;
      layers.push(pool({ ...named("pool"), channels: layer.channelsOut, sideIn: layer.sideOut }));
    }
    // The largest of positive parts is the positive part of the largest: behind the pool there is
    // a quarter of the work.
    layers.push(activate(named("activation")));
  }
  const [channels, rows, columns] = plan.features;
  const from = [batch, channels, rows, columns];
  const to = [batch, channels * rows * columns];
  const named = (name: string) => ({ graph, batch, name, input: output() });
  layers.push(reshape({ ...named("features"), from, to }));
  layers.push(dense({ ...named("dense"), parameters: of("dense") }));
  layers.push(activate(named("dense_activation")));
  layers.push(dense({ ...named("logit"), parameters: of("logit") }));
  return layers;
}

/** Adds the output `loss`; returns its gradient by the logits: weight · (sigmoid(z) − y). */
function addLoss(graph: GraphBuilder, logits: Value, labels: Value, weights: Value): Value {
  const part = graph.add("Mul", [labels, logits]);
  const each = graph.add("Sub", [graph.add("Softplus", [logits]), part]);
  const weighted = graph.add("Mul", [weights, each]);
  graph.output(graph.add("ReduceSum", [weighted], { keepdims: 0 }, "loss"), "float", []);
  const error = graph.add("Sub", [graph.add("Sigmoid", [logits]), labels]);
  return graph.add("Mul", [weights, error]);
}

/** The flat vector as the layers' tensors, by their names. */
function splitParameters(
  graph: GraphBuilder,
  parameters: Value,
  plan: LayerPlan,
): Map<string, Value> {
  const names = plan.parameters.map(({ name }) => `${name}_flat`);
  const counts = graph.list(plan.parameters.map(({ count }) => count));
  graph.addMany("Split", [parameters, counts], { axis: 0 }, names);
  return new Map(
    plan.parameters.map(({ name, shape }) => [
      name,
      graph.add("Reshape", [`${name}_flat`, graph.list(shape)], {}, name),
    ]),
  );
}
