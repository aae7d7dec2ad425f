import { dlopen, FFIType, ptr } from "bun:ffi";
import {
  ChannelOrder,
  Dtype,
  Letterbox,
  PixelFormat,
  TensorLayout,
} from "../src/layout/layout.gen.ts";
import { libraryPath } from "../src/native/library.ts";

const LEVELS = ["portable", "avx2", "neon"];

const { i32, u64, ptr: pointer } = FFIType;
const SYMBOLS = {
  aip_kernels_level: { args: [], returns: i32 },
  aip_preprocess_create: { args: [pointer, pointer], returns: i32 },
  aip_preprocess_run: { args: [u64, pointer, pointer, pointer], returns: i32 },
  aip_preprocess_destroy: { args: [u64], returns: FFIType.void },
} as const;

/** The kernel that a Core ML session fills its pixel buffers with, alone. */
export interface BgraKernel extends Disposable {
  /** `avx2`, `neon` or `portable`. */
  readonly level: string;
  /** Writes the letterboxed picture, padding included, on this thread. */
  run(target: Uint8Array): void;
}

export interface KernelSource {
  readonly format: "yuv420p" | "nv12" | "bgr24";
  readonly width: number;
  readonly height: number;
  readonly planes: readonly Uint8Array[];
  readonly strideBytes: readonly number[];
}

/** @param target A square picture, in bytes from row to row, its padding a grey of 0–255. */
export function kernelTo32Bgra(
  source: KernelSource,
  target: { readonly side: number; readonly rowBytes: number; readonly pad: number },
): BgraKernel {
  const { symbols, close } = dlopen(libraryPath(), SYMBOLS);
  const out = new BigUint64Array(1);
  if (symbols.aip_preprocess_create(optionsOf(target), out) !== 0)
    throw new Error("the kernel refused its options");
  const [plan = 0n] = out;
  const image = imageOf(source);
  return {
    level: LEVELS[symbols.aip_kernels_level()] ?? "other",
    run(picture) {
      if (symbols.aip_preprocess_run(plan, image, picture, null) !== 0)
        throw new Error(`the kernel refused the ${source.format} frame`);
    },
    [Symbol.dispose]() {
      symbols.aip_preprocess_destroy(plan);
      close();
    },
  };
}

/** An `aip_image`, see aip_kernels.h. Keep the source alive while it is used. */
export function imageOf({ format, width, height, planes, strideBytes }: KernelSource): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  for (const [index, plane] of planes.entries()) {
    view.setBigUint64(8 * index, BigInt(ptr(plane)), true);
    view.setUint32(24 + 4 * index, strideBytes[index] ?? 0, true);
  }
  for (const [index, value] of [width, height, PixelFormat[format]].entries()) {
    view.setUint32(36 + 4 * index, value, true);
  }
  return bytes;
}

/** An `aip_preprocess_options` without a scale of its own. */
function optionsOf(target: { side: number; rowBytes: number; pad: number }): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  const { side, rowBytes, pad } = target;
  const words = [side, side, TensorLayout.nhwc, ChannelOrder.bgra, Dtype.u8];
  for (const [index, word] of words.entries()) view.setUint32(4 * index, word, true);
  view.setFloat32(20, 1, true);
  // No mean; a standard deviation of 1.
  for (const at of [36, 40, 44]) view.setFloat32(at, 1, true);
  view.setUint32(48, Letterbox.topLeft, true);
  view.setFloat32(52, pad, true);
  view.setUint32(60, rowBytes, true);
  return bytes;
}
