import { measure } from "mitata";
import { type Scaling, swscaleTo32Bgra, swscaleVersion } from "./baselines/swscale.ts";
import { vImageTo32Bgra } from "./baselines/vimage.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { imageOf, kernelTo32Bgra } from "./bgra-kernel.ts";
import { alternate, compare } from "./comparison.ts";

const SIZES = [
  [1280, 720],
  [768, 432],
  [1920, 1080],
] as const;
const FORMATS = ["yuv420p", "nv12", "bgr24"] as const;
/** Of the model. */
const SIDE = 416;
/** Core Video's rows lie further apart than their pixels. */
const ROW_BYTES = SIDE * 4 + 64;
const PAD = 114;
const ROUNDS = 5;
const CPU_NS = 300e6;
const QUICK_CPU_NS = 30e6;

const OURS = "aip";
const SWSCALE = "libswscale";
const VIMAGE = "vImage";

/** A decoder's frame to the pixel buffer of a Core ML model, on one thread. */
export const bgra: Benchmark = {
  name: "bgra",
  summary: "frame to a model's 32BGRA picture on one core, against libswscale and vImage",
  run,
};

async function run({ quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const [width, height] of SIZES) {
    for (const format of FORMATS) {
      progress(`${width}x${height} ${format}`);
      comparisons.push(await scaling(picture(format, width, height), quick));
    }
  }
  return comparisons;
}

type Picture = Omit<Scaling, "target" | "targetStrideBytes" | "toWidth" | "toHeight">;

async function scaling(source: Picture, quick: boolean): Promise<Comparison> {
  const { format, width, height } = source;
  const ratio = Math.min(SIDE / width, SIDE / height);
  const [toWidth, toHeight] = [Math.floor(width * ratio), Math.floor(height * ratio)];
  const [ours, theirs] = [0, 1].map(() => new Uint8Array(ROW_BYTES * SIDE).fill(PAD));
  const p50Ms = async (work: () => void): Promise<number> => {
    const { p50 } = await measure(work, { min_cpu_time: quick ? QUICK_CPU_NS : CPU_NS });
    return p50 / 1e6;
  };
  using kernel = kernelTo32Bgra(source, { side: SIDE, rowBytes: ROW_BYTES, pad: PAD });
  const run = (): void => kernel.run(ours as Uint8Array);
  const comparison = { unit: "ms, one thread", better: "lower" } as const;
  const title = `${width}x${height} ${format} to ${SIDE}x${SIDE} 32BGRA`;
  const rounds = quick ? 1 : ROUNDS;
  const ways: Record<string, () => Promise<number>> = { [OURS]: () => p50Ms(run) };
  const notes = [
    `${OURS}: ${kernel.level} kernels, padding written each time; the others write none`,
  ];
  const off = (): string =>
    meanDifference(ours as Uint8Array, theirs as Uint8Array, toWidth, toHeight).toFixed(3);
  const version = swscaleVersion();
  using scaler =
    version === null
      ? null
      : swscaleTo32Bgra({
          ...source,
          target: theirs as Uint8Array,
          targetStrideBytes: ROW_BYTES,
          toWidth,
          toHeight,
        });
  if (scaler !== null) {
    run();
    scaler.run();
    ways[SWSCALE] = () => p50Ms(scaler.run);
    notes.push(`${SWSCALE} ${version}, fast bilinear: ${off()} grey levels off in the mean`);
  } else {
    notes.push(`without ${SWSCALE}: none is installed`);
  }
  const [evenWidth, evenHeight] = [toWidth & ~1, toHeight & ~1];
  using apple = format === "bgr24" ? null : vImageTo32Bgra(evenWidth, evenHeight);
  if (apple !== null) {
    const image = imageOf(source);
    const convert = (): void => apple.run(image, theirs as Uint8Array, ROW_BYTES);
    run();
    convert();
    ways[VIMAGE] = () => p50Ms(convert);
    notes.push(`${VIMAGE}, ${evenWidth}x${evenHeight}: ${off()} grey levels off in the mean`);
  } else {
    const why = format === "bgr24" ? "it scales no pixels of three bytes" : "only macOS has it";
    notes.push(`without ${VIMAGE}: ${why}`);
  }
  const names = Object.keys(ways).filter((name) => name !== OURS);
  return compare({
    ...comparison,
    title,
    ways: await alternate(ways, rounds),
    claims: names.map((to) => ({ of: OURS, to })),
    notes,
  });
}

/** Of the part both have written. */
function meanDifference(a: Uint8Array, b: Uint8Array, width: number, height: number): number {
  let sum = 0;
  for (let y = 0; y < height; y += 1) {
    for (let at = y * ROW_BYTES; at < y * ROW_BYTES + width * 4; at += 1) {
      sum += Math.abs((a[at] as number) - (b[at] as number));
    }
  }
  return sum / (width * height * 4);
}

/** A smooth picture: what two ways make of noise would differ by their rounding alone. */
function picture(format: Picture["format"], width: number, height: number): Picture {
  const half = { width: width / 2, height: height / 2 };
  const planes = {
    yuv420p: [
      gradient(width, height, 1),
      ...[2, 3].map((s) => gradient(half.width, half.height, s)),
    ],
    nv12: [gradient(width, height, 1), gradient(width, half.height, 1)],
    bgr24: [gradient(width * 3, height, 1)],
  }[format];
  const strideBytes = {
    yuv420p: [width, half.width, half.width],
    nv12: [width, width],
    bgr24: [width * 3],
  };
  return { format, width, height, planes, strideBytes: strideBytes[format] };
}

/** From 40 to 200 along both axes. */
function gradient(width: number, height: number, steepness: number): Uint8Array {
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      values[y * width + x] = 40 + (160 * (x + steepness * y)) / (width + steepness * height);
    }
  }
  return values;
}
