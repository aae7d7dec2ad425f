/**
 * A specialized network of NoScope's family (D. Kang, J. Emmons, F. Abuzaid, P. Bailis, M. Zaharia,
 * "NoScope: Optimizing Neural Network Queries over Video at Scale", VLDB 2017, §5.2): convolutions of
 * 3×3 in pairs, each pair followed by a pool of 2×2 and twice as wide as the one before, then one
 * dense layer, and one logit. A first stride of 2, which they did not have, takes most of its time.
 */
export interface Architecture {
  /** Side of its square input in pixels, 32–100. */
  readonly side: number;
  /** Filters of the first pair of convolutions. */
  readonly filters: number;
  /** Convolutions in all, 1–4. */
  readonly layers: number;
  /** Width of the dense layer. */
  readonly dense: number;
  /** Stride of the first convolution. */
  readonly firstStride: 1 | 2;
}

/** A 3×3 convolution with a border of one zero, and ReLU; then, in some, a pool of 2×2 without. */
export interface ConvolutionLayer {
  readonly channelsIn: number;
  readonly channelsOut: number;
  readonly stride: 1 | 2;
  readonly sideIn: number;
  /** Behind the convolution. */
  readonly sideOut: number;
  readonly pooled: boolean;
}

export interface LayerPlan {
  readonly convolutions: readonly ConvolutionLayer[];
  /** Values the dense layer reads: channels, rows, columns of the last convolution. */
  readonly features: readonly [channels: number, rows: number, columns: number];
  readonly parameters: readonly ParameterSpec[];
  readonly parameterCount: number;
}

/** Where one of the layers' tensors lies in the flat vector of all parameters. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly count: number;
  /** Inputs of one unit; 0 for a bias. */
  readonly fanIn: number;
}

export const SIDE_MIN = 32;
export const SIDE_MAX = 100;
const CHANNELS = 3;
const FILTERS_MAX = 128;
const LAYERS_MAX = 4;
const DENSE_MAX = 512;

/** The network where nothing else is asked for: 16 filters, three convolutions, the first strided. */
export const DEFAULT_ARCHITECTURE: Architecture = {
  side: 50,
  filters: 16,
  layers: 3,
  dense: 32,
  firstStride: 2,
};

/**
 * Networks worth a look on an ordinary camera, from the quickest to the one that sees most. The
 * fourth and the fifth are for objects that are a pixel or two wide at 50 pixels a side.
 */
export const ARCHITECTURES: readonly Architecture[] = [
  { side: 32, filters: 8, layers: 2, dense: 32, firstStride: 2 },
  { side: 50, filters: 8, layers: 3, dense: 32, firstStride: 2 },
  DEFAULT_ARCHITECTURE,
  { side: 100, filters: 8, layers: 3, dense: 32, firstStride: 2 },
  { side: 80, filters: 16, layers: 4, dense: 64, firstStride: 2 },
];

/** `50px-c16s2-c16-p-c32-p-d32`: side, convolutions with filters and stride, pools, dense width. */
export function architectureName(architecture: Architecture): string {
  const { convolutions } = layerPlan(architecture);
  const layers = convolutions.flatMap(({ channelsOut, stride, pooled }) => [
    `c${channelsOut}${stride === 1 ? "" : `s${stride}`}`,
    ...(pooled ? ["p"] : []),
  ]);
  return [`${architecture.side}px`, ...layers, `d${architecture.dense}`].join("-");
}

/** The one of `ARCHITECTURES` that has this name. */
export function findArchitecture(name: string | null): Architecture | undefined {
  return ARCHITECTURES.find((architecture) => architectureName(architecture) === name);
}

/** Multiplications and additions of one answer, each counted as one. */
export function operationCount(architecture: Architecture): number {
  const { convolutions, parameters } = layerPlan(architecture);
  const convolved = convolutions.reduce(
    (sum, { channelsIn, channelsOut, sideOut }) =>
      sum + 2 * 9 * channelsIn * channelsOut * sideOut * sideOut,
    0,
  );
  const dense = parameters.filter(
    ({ name }) => name.startsWith("dense") || name === "logit_weight",
  );
  return convolved + dense.reduce((sum, { fanIn, count }) => sum + (fanIn > 0 ? 2 * count : 0), 0);
}

/**
 * Layers and parameters of an architecture. Parameters lie one behind the other: a convolution's
 * weights `[out, in, 3, 3]` and bias, …, the dense layer's `[features, width]` and bias, the logit's.
 *
 * @throws {RangeError} where there is no such architecture
 */
export function layerPlan(architecture: Architecture): LayerPlan {
  checkArchitecture(architecture);
  const { filters, layers, dense, firstStride } = architecture;
  const convolutions: ConvolutionLayer[] = [];
  let side = architecture.side;
  let channels = CHANNELS;
  for (let index = 0; index < layers; index += 1) {
    const stride = index === 0 ? firstStride : 1;
    const channelsOut = filters * 2 ** Math.floor(index / 2);
    const sideOut = Math.ceil(side / stride);
    // Behind each pair, and behind the last one of all.
    const pooled = index % 2 === 1 || index === layers - 1;
    const layer = { channelsIn: channels, channelsOut, stride, sideIn: side, sideOut, pooled };
    convolutions.push(layer);
    channels = channelsOut;
    side = pooled ? Math.floor(sideOut / 2) : sideOut;
  }
  const parameters: ParameterSpec[] = [];
  let offset = 0;
  const add = (name: string, shape: readonly number[], fanIn: number): void => {
    const count = shape.reduce((product, each) => product * each, 1);
    parameters.push({ name, shape, offset, count, fanIn });
    offset += count;
  };
  for (const [index, { channelsIn, channelsOut }] of convolutions.entries()) {
    add(`conv${index}_weight`, [channelsOut, channelsIn, 3, 3], 9 * channelsIn);
    add(`conv${index}_bias`, [channelsOut], 0);
  }
  const features = channels * side * side;
  add("dense_weight", [features, dense], features);
  add("dense_bias", [dense], 0);
  add("logit_weight", [dense, 1], dense);
  add("logit_bias", [1], 0);
  return {
    convolutions,
    features: [channels, side, side],
    parameters,
    parameterCount: offset,
  };
}

function checkArchitecture(architecture: Architecture): void {
  const { side, filters, layers, dense, firstStride } = architecture;
  const within = (name: string, value: number, min: number, max: number): void => {
    if (Number.isInteger(value) && value >= min && value <= max) return;
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, not ${value}`);
  };
  within("side", side, SIDE_MIN, SIDE_MAX);
  within("filters", filters, 1, FILTERS_MAX);
  within("layers", layers, 1, LAYERS_MAX);
  within("dense", dense, 1, DENSE_MAX);
  within("firstStride", firstStride, 1, 2);
}
