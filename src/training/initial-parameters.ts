import type { LayerPlan } from "./architectures.ts";

/**
 * Parameters to begin with: weights even between ±√(6 / inputs), which keeps the variance through
 * ReLU (K. He et al., "Delving Deep into Rectifiers", ICCV 2015, §2.2); biases 0. Sums and products
 * alone, so that a seed gives the same on every machine.
 *
 * @param random Numbers in [0, 1).
 */
export function initialParameters(plan: LayerPlan, random: () => number): Float32Array {
  const parameters = new Float32Array(plan.parameterCount);
  for (const { offset, count, fanIn } of plan.parameters) {
    if (fanIn === 0) continue;
    const bound = Math.sqrt(6 / fanIn);
    for (let index = offset; index < offset + count; index += 1) {
      parameters[index] = (2 * random() - 1) * bound;
    }
  }
  return parameters;
}
