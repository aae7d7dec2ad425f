import type { AipError } from "../errors.ts";
import type { FrameGeometry } from "../types.ts";
import type { IngestSegment, Source } from "./source.ts";

export interface PatternOptions {
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  /** Whether pixels are written at all; false leaves only the frames' headers. */
  readonly write: boolean;
  /** Nominal rate, for the frames' times. Default 25. */
  readonly fps?: number;
  /** Paces the frames to this rate a second; left out: what the run says. */
  readonly paceFps?: number;
  /** Default `pattern`. */
  readonly name?: string;
}

const FPS = 25;

/**
 * A source of rgb24 frames whose every 32-bit word is the frame's number, for benchmarks and
 * tests: it costs what writing the bytes costs, or nothing at all.
 *
 * @throws {RangeError} where a size or the count is no positive whole number
 *
 * @example
 * ```ts
 * const source = patternSource({ width: 640, height: 480, frameCount: 1000, write: true });
 * await new Pipeline({ sources: [source], devices: "sim:0ms" }).run();
 * ```
 */
export function patternSource(options: PatternOptions): Source {
  const { width, height, frameCount, write, fps = FPS, name = "pattern", paceFps } = options;
  for (const [what, value] of Object.entries({ width, height, frameCount })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${what} must be a positive whole number, not ${value}`);
    }
  }
  const geometry: FrameGeometry = {
    width,
    height,
    pixelFormat: "rgb24",
    colorMatrix: "bt601",
    colorRange: "full",
  };
  let opened = false;
  return {
    name,
    spec: name,
    live: false,
    ...(paceFps !== undefined && { paceFps }),
    info: { geometry, fps, frameCount, description: `${name} ${width}×${height}` },
    async open(): Promise<IngestSegment | null> {
      if (opened) return null;
      opened = true;
      return { kind: "pattern", geometry, fps, frameCount, write };
    },
    async finish(): Promise<AipError | null> {
      return null;
    },
    notes: () => [],
    async close(): Promise<void> {
      opened = true;
    },
  };
}
