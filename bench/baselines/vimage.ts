import { dlopen, FFIType } from "bun:ffi";
import { Status } from "../../src/layout/layout.gen.ts";
import { libraryPath } from "../../src/native/library.ts";

const { i32, u32, u64, ptr: pointer } = FFIType;
const SYMBOLS = {
  aip_vimage_create: { args: [u32, u32, pointer], returns: i32 },
  aip_vimage_run: { args: [u64, pointer, pointer, u32], returns: i32 },
  aip_vimage_destroy: { args: [u64], returns: FFIType.void },
} as const;

/** Apple's vImage on one thread, called by the native library as Swift sees it. */
export interface VImage extends Disposable {
  /** @param image An `aip_image` of yuv420p or nv12. */
  run(image: Uint8Array, target: Uint8Array, rowBytes: number): void;
}

/**
 * A way to scale frames to `width` × `height` pixels of 32BGRA, both even; null where there is no
 * vImage, which only macOS has.
 */
export function vImageTo32Bgra(width: number, height: number): VImage | null {
  if (process.platform !== "darwin") return null;
  const { symbols, close } = dlopen(libraryPath(), SYMBOLS);
  const out = new BigUint64Array(1);
  if (symbols.aip_vimage_create(width, height, out) !== Status.ok) {
    throw new Error(`vImage refused a picture of ${width}×${height} pixels`);
  }
  const [handle = 0n] = out;
  return {
    run(image, target, rowBytes) {
      if (symbols.aip_vimage_run(handle, image, target, rowBytes) !== Status.ok) {
        throw new Error("vImage refused the frame");
      }
    },
    [Symbol.dispose]() {
      symbols.aip_vimage_destroy(handle);
      close();
    },
  };
}
