import { type Architecture, layerPlan } from "../../src/training/architectures.ts";

/** Examples of one step. */
export interface Examples {
  /** u8 [batch, 3, side, side]. */
  readonly images: Uint8Array;
  readonly labels: readonly number[];
  readonly weights: readonly number[];
}

/** Rows and columns of a map, its channels one behind the other. */
interface Maps {
  readonly channels: number;
  readonly side: number;
  readonly values: Float64Array;
}

/**
 * The loss of the smooth variant (tanh, average pools), written down a second time: plain loops in
 * double precision, straight from the definitions of convolution, pool, dense layer and
 * cross-entropy, and no derivative anywhere.
 */
export function smoothLoss(
  architecture: Architecture,
  parameters: Float64Array,
  mean: Float32Array,
  scale: number,
  { images, labels, weights }: Examples,
): number {
  const { side } = architecture;
  const bytes = 3 * side * side;
  return labels.reduce((sum, label, index) => {
    const picture = images.subarray(index * bytes, (index + 1) * bytes);
    const values = Float64Array.from(
      picture,
      (value, at) => (value - (mean[at] as number)) * scale,
    );
    const logit = smoothLogit(architecture, parameters, { channels: 3, side, values });
    const loss = Math.log(1 + Math.exp(logit)) - label * logit;
    return sum + (weights[index] as number) * loss;
  }, 0);
}

function smoothLogit(architecture: Architecture, parameters: Float64Array, picture: Maps): number {
  const plan = layerPlan(architecture);
  const of = (name: string): Float64Array => {
    const spec = plan.parameters.find((each) => each.name === name);
    if (spec === undefined) throw new Error(`there is no ${name}`);
    return parameters.subarray(spec.offset, spec.offset + spec.count);
  };
  let maps = picture;
  for (const [index, { channelsOut, stride, pooled }] of plan.convolutions.entries()) {
    maps = convolve(maps, channelsOut, stride, of(`conv${index}_weight`), of(`conv${index}_bias`));
    if (pooled) maps = averages(maps);
    maps = { ...maps, values: maps.values.map(Math.tanh) };
  }
  const hidden = dense(maps.values, of("dense_weight"), of("dense_bias")).map(Math.tanh);
  return dense(hidden, of("logit_weight"), of("logit_bias"))[0] as number;
}

function convolve(
  { channels, side, values }: Maps,
  outputs: number,
  stride: number,
  weight: Float64Array,
  bias: Float64Array,
): Maps {
  const out = Math.ceil(side / stride);
  const made = new Float64Array(outputs * out * out);
  let at = 0;
  for (let output = 0; output < outputs; output += 1) {
    for (let row = 0; row < out; row += 1) {
      for (let column = 0; column < out; column += 1) {
        let sum = bias[output] as number;
        for (let channel = 0; channel < channels; channel += 1) {
          for (let tap = 0; tap < 9; tap += 1) {
            const y = row * stride + Math.floor(tap / 3) - 1;
            const x = column * stride + (tap % 3) - 1;
            if (y < 0 || y >= side || x < 0 || x >= side) continue;
            const value = values[(channel * side + y) * side + x] as number;
            sum += value * (weight[(output * channels + channel) * 9 + tap] as number);
          }
        }
        made[at++] = sum;
      }
    }
  }
  return { channels: outputs, side: out, values: made };
}

function averages({ channels, side, values }: Maps): Maps {
  const out = Math.floor(side / 2);
  const made = new Float64Array(channels * out * out);
  for (let index = 0; index < made.length; index += 1) {
    const [column, rest] = [index % out, Math.floor(index / out)];
    const [row, channel] = [rest % out, Math.floor(rest / out)];
    for (const [y, x] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const at = (channel * side + 2 * row + y) * side + 2 * column + x;
      made[index] = (made[index] as number) + (values[at] as number) / 4;
    }
  }
  return { channels, side: out, values: made };
}

function dense(values: Float64Array, weight: Float64Array, bias: Float64Array): Float64Array {
  return bias.map((start, output) =>
    values.reduce(
      (sum, value, input) => sum + value * (weight[input * bias.length + output] as number),
      start,
    ),
  );
}
