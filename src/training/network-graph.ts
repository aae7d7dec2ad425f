import type { ModelManifest } from "../model/manifest.ts";
import { GraphBuilder, type Value } from "../onnx/graph-builder.ts";
import {
  type Architecture,
  architectureName,
  type LayerPlan,
  layerPlan,
  type ParameterSpec,
} from "./architectures.ts";

/** What training has found. */
export interface NetworkWeights {
  readonly architecture: Architecture;
  /** As `layerPlan` lays them out. */
  readonly parameters: Float32Array;
  /** Mean picture, f32 [3, side, side], 0–255. */
  readonly mean: Float32Array;
  /** Directions of the light, which are taken out too; see `pictureStatistics`. Default none. */
  readonly light?: readonly Float32Array[];
  /** Multiplies what is left of a picture. */
  readonly scale: number;
}

/** Names of the network's input and output. */
export const NETWORK_INPUT = "images";
export const NETWORK_OUTPUT = "probability";

export interface NetworkModelOptions extends NetworkWeights {
  /** Kept in the file as custom metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The trained network as an ordinary ONNX model: `images`, u8 [N, 3, side, side], planar RGB, any N;
 * `probability`, f32 [N, 1]. Mean picture and light are taken out inside it, and the scale is part of
 * the first convolution's weights. Only operators that every runtime and converter has.
 *
 * @returns the ONNX file
 */
export function networkModel({
  architecture,
  parameters,
  mean,
  light = [],
  scale,
  metadata = {},
}: NetworkModelOptions): Uint8Array {
  const plan = layerPlan(architecture);
  const { side } = architecture;
  const graph = new GraphBuilder("specialized_network");
  const images = graph.input(NETWORK_INPUT, "uint8", ["N", 3, side, side]);
  const pixels = graph.add("Cast", [images], { to: 1 });
  const centred = graph.add("Sub", [pixels, graph.constant("mean", mean, [1, 3, side, side])]);
  const rest = light.length === 0 ? centred : takeOutLight(graph, centred, light, side);
  const constants = new Map(
    plan.parameters.map((spec) => [spec.name, addParameter(graph, spec, parameters, scale)]),
  );
  const features = convolve(graph, rest, plan, constants);
  const flat = graph.add("Flatten", [features], { axis: 1 });
  const gemm = (input: Value, name: string): Value =>
    graph.add("Gemm", [
      input,
      constants.get(`${name}_weight`) as Value,
      constants.get(`${name}_bias`) as Value,
    ]);
  const logit = gemm(graph.add("Relu", [gemm(flat, "dense")]), "logit");
  graph.output(graph.add("Sigmoid", [logit], {}, NETWORK_OUTPUT), "float", ["N", 1]);
  const description = `Specialized network ${architectureName(architecture)}`;
  return graph.model({ producer: "aip", version: "1", description, metadata });
}

/** The manifest that stands beside the model's file, so that other commands read it as it is. */
export function networkManifest(architecture: Architecture, name: string): ModelManifest {
  const { side } = architecture;
  return {
    name,
    input: {
      name: NETWORK_INPUT,
      width: side,
      height: side,
      layout: "nchw",
      channels: "rgb",
      dtype: "u8",
      letterbox: "stretch",
    },
    head: { type: "raw", output: NETWORK_OUTPUT },
  };
}

/** x − (x·Lᵀ)·L, for each picture x and the light's directions L, one a row. */
function takeOutLight(
  graph: GraphBuilder,
  pictures: Value,
  light: readonly Float32Array[],
  side: number,
): Value {
  const length = 3 * side * side;
  const values = new Float32Array(light.length * length);
  for (const [index, direction] of light.entries()) values.set(direction, index * length);
  const directions = graph.constant("light", values, [light.length, length]);
  const flat = graph.add("Flatten", [pictures], { axis: 1 });
  const amounts = graph.add("Gemm", [flat, directions], { transB: 1 });
  const rest = graph.add("Sub", [flat, graph.add("MatMul", [amounts, directions])]);
  return graph.add("Reshape", [rest, graph.list([-1, 3, side, side])]);
}

function addParameter(
  graph: GraphBuilder,
  { name, offset, count, shape }: ParameterSpec,
  parameters: Float32Array,
  scale: number,
): Value {
  const values = parameters.slice(offset, offset + count);
  const isFirst = name === "conv0_weight";
  return graph.constant(name, isFirst ? values.map((value) => value * scale) : values, shape);
}

function convolve(
  graph: GraphBuilder,
  input: Value,
  { convolutions }: LayerPlan,
  constants: ReadonlyMap<string, Value>,
): Value {
  let value = input;
  for (const [index, { stride, pooled }] of convolutions.entries()) {
    const weight = constants.get(`conv${index}_weight`) as Value;
    const bias = constants.get(`conv${index}_bias`) as Value;
    const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [stride, stride] };
    value = graph.add("Relu", [graph.add("Conv", [value, weight, bias], attributes)]);
    if (!pooled) continue;
    value = graph.add("MaxPool", [value], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  return value;
}
