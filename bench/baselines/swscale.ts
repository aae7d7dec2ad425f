import { dlopen, FFIType, type Pointer, ptr, suffix } from "bun:ffi";

/** FFmpeg 7, 6, 5 and 4 have these; what `sws_scale` takes has not changed since. */
const VERSIONS = [9, 8, 7, 6, 5];

/** `AVPixelFormat`. */
const AV_PIX_FMT = { yuv420p: 0, nv12: 23, bgr24: 3, bgra: 28 } as const;

/** Its quickest way to scale; ours interpolates likewise. */
const SWS_FAST_BILINEAR = 1;

const { i32, ptr: pointer } = FFIType;
const SYMBOLS = {
  sws_getContext: {
    args: [i32, i32, i32, i32, i32, i32, i32, pointer, pointer, pointer],
    returns: pointer,
  },
  sws_scale: { args: [pointer, pointer, pointer, i32, i32, pointer, pointer], returns: i32 },
  sws_freeContext: { args: [pointer], returns: FFIType.void },
  swscale_version: { args: [], returns: FFIType.u32 },
} as const;

function open() {
  const versions =
    process.platform === "darwin" ? ["dylib"] : VERSIONS.map((v) => `${suffix}.${v}`);
  const folders = process.platform === "darwin" ? ["/opt/homebrew/lib/", ""] : [""];
  for (const folder of folders) {
    for (const version of versions) {
      try {
        return dlopen(`${folder}libswscale.${version}`, SYMBOLS).symbols;
      } catch {
        // Not this version: the next one may be there.
      }
    }
  }
  return null;
}

let symbols: ReturnType<typeof open> | undefined;

/** Version of libswscale, such as `6.7.100`; null where there is none. */
export function swscaleVersion(): string | null {
  symbols ??= open();
  if (symbols === null) return null;
  const version = symbols.swscale_version();
  return `${version >> 16}.${(version >> 8) & 0xff}.${version & 0xff}`;
}

export interface Scaling {
  readonly format: "yuv420p" | "nv12" | "bgr24";
  readonly width: number;
  readonly height: number;
  readonly planes: readonly Uint8Array[];
  readonly strideBytes: readonly number[];
  /** Where the BGRA picture of `toWidth` × `toHeight` begins. */
  readonly target: Uint8Array;
  readonly targetStrideBytes: number;
  readonly toWidth: number;
  readonly toHeight: number;
}

/**
 * FFmpeg's way from a decoded picture to a scaled BGRA one: what a program gives Core ML that asks
 * FFmpeg for it.
 *
 * @returns scales once, on this thread
 */
export function swscaleTo32Bgra(scaling: Scaling): Disposable & { readonly run: () => void } {
  symbols ??= open();
  if (symbols === null) throw new Error("libswscale is not installed");
  const { sws_getContext, sws_scale, sws_freeContext } = symbols;
  const { format, width, height, planes, target, toWidth, toHeight } = scaling;
  const context = sws_getContext(
    ...([width, height, AV_PIX_FMT[format]] as const),
    ...([toWidth, toHeight, AV_PIX_FMT.bgra, SWS_FAST_BILINEAR] as const),
    ...([null, null, null] as const),
  ) as Pointer | null;
  if (context === null) throw new Error("libswscale refused the formats");
  const four = <T>(values: readonly T[], rest: T): T[] =>
    [0, 1, 2, 3].map((i) => values[i] ?? rest);
  const slices = BigUint64Array.from(
    four(
      planes.map((plane) => BigInt(ptr(plane))),
      0n,
    ),
  );
  const strides = Int32Array.from(four(scaling.strideBytes, 0));
  const targets = BigUint64Array.from(four([BigInt(ptr(target))], 0n));
  const targetStrides = Int32Array.from(four([scaling.targetStrideBytes], 0));
  return {
    run: () => {
      const rows = sws_scale(context, slices, strides, 0, height, targets, targetStrides);
      // Held by this closure, so that the memory behind the addresses stays.
      if (rows !== scaling.toHeight) throw new Error(`libswscale wrote ${rows} rows`);
    },
    [Symbol.dispose]: () => sws_freeContext(context),
  };
}
