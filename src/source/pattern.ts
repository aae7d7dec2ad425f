import type { FrameGeometry } from "../types.ts";
import type { Source } from "./source.ts";

export interface PatternOptions {
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  /** Whether pixels are written at all; default true. */
  readonly write?: boolean;
  /** Frames a second of the presentation times; default 25. */
  readonly fps?: number;
}

/**
 * Frames in `bgr24` whose every 32-bit word is the frame's number, delivered as fast as there are
 * slots: for benchmarks of dispatch, and for tests that look for torn, lost or repeated frames.
 *
 * @example
 * ```ts
 * new Pipeline({
 *   sources: [patternSource({ width: 640, height: 480, frameCount: 100_000 })],
 *   devices: "sim:0ms",
 * });
 * ```
 */
export function patternSource(options: PatternOptions): Source {
  const { width, height, frameCount, write = true, fps = 25 } = options;
  const geometry: FrameGeometry = {
    width,
    height,
    pixelFormat: "bgr24",
    colorMatrix: "bt601",
    colorRange: "full",
  };
  let isOpened = false;
  return {
    name: "pattern",
    spec: "pattern",
    live: false,
    info: { geometry, fps, frameCount, description: `pattern ${width}×${height}` },
    open() {
      if (isOpened) return Promise.resolve(null);
      isOpened = true;
      return Promise.resolve({ kind: "pattern", geometry, fps, frameCount, write });
    },
    finish: () => Promise.resolve(null),
    notes: () => [],
    close: () => Promise.resolve(),
  };
}
