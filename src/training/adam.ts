import type { GraphBuilder, Value } from "../onnx/graph-builder.ts";

export const BETA_1 = 0.9;
export const BETA_2 = 0.999;
const EPSILON = 1e-8;

/**
 * Adds Adam (D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015) to a
 * graph: inputs `moment1`, `moment2`, f32 [count], and `rate`, f32 [1], `correctedRate` of the
 * learning rate; outputs `next_parameters`, `next_moment1`, `next_moment2`, f32 [count].
 */
export function addAdamStep(
  graph: GraphBuilder,
  { parameters, gradient, count }: { parameters: Value; gradient: Value; count: number },
): void {
  const rate = graph.input("rate", "float", [1]);
  const moment1 = graph.input("moment1", "float", [count]);
  const moment2 = graph.input("moment2", "float", [count]);
  const next = (name: string, moment: Value, beta: number, value: Value): Value => {
    const kept = graph.add("Mul", [moment, graph.scalar(`${name}_kept`, beta)]);
    const added = graph.add("Mul", [value, graph.scalar(`${name}_added`, 1 - beta)]);
    return graph.add("Add", [kept, added], {}, `next_${name}`);
  };
  const mean = next("moment1", moment1, BETA_1, gradient);
  const variance = next("moment2", moment2, BETA_2, graph.add("Mul", [gradient, gradient]));
  const root = graph.add("Sqrt", [variance]);
  const divisor = graph.add("Add", [root, graph.scalar("epsilon", EPSILON)]);
  const step = graph.add("Mul", [rate, graph.add("Div", [mean, divisor])]);
  graph.add("Sub", [parameters, step], {}, "next_parameters");
  for (const name of ["next_parameters", "next_moment1", "next_moment2"]) {
    graph.output(name, "float", [count]);
  }
}

/**
 * The rate of a step, counted from 1, with the correction of both moments' start at zero, as the
 * last lines of the paper's section 2 have it.
 */
export function correctedRate(rate: number, step: number): number {
  return (rate * Math.sqrt(1 - BETA_2 ** step)) / (1 - BETA_1 ** step);
}
