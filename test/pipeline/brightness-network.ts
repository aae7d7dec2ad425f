import { GraphBuilder } from "../../src/onnx/graph-builder.ts";

/**
 * A specialized network made by hand: the logistic function of how much brighter a picture is than
 * `middle`, 0–255, by `slope` for each grey level.
 */
export function brightnessNetwork(side: number, middle: number, slope: number): Uint8Array {
  const graph = new GraphBuilder("brightness");
  const images = graph.input("images", "uint8", ["N", 3, side, side]);
  const pixels = graph.add("Cast", [images], { to: 1 });
  const flat = graph.add("Flatten", [pixels], { axis: 1 });
  const mean = graph.add("ReduceMean", [flat], { axes: [1], keepdims: 1 });
  const above = graph.add("Sub", [mean, graph.scalar("middle", middle)]);
  const logit = graph.add("Mul", [above, graph.scalar("slope", slope)]);
  graph.output(graph.add("Sigmoid", [logit], {}, "probability"), "float", ["N", 1]);
  return graph.model({ producer: "test", version: "1" });
}
