import { writeSync } from "node:fs";
import type { AipError } from "../src/errors.ts";
import { planeLayout } from "../src/layout/planes.ts";
import { closeFd, createPipe } from "../src/native/library.ts";
import type { IngestSegment, Source } from "../src/source/source.ts";
import type { FrameGeometry } from "../src/types.ts";

const PIPE_BYTES = 2 ** 20;
const FRAME_US = 40_000;

/** A camera that delivers some frames and then hangs, without breaking off. */
export interface StalledSource extends Source {
  /** Breaks off at last, which ends the source. */
  hangUp(): void;
}

/**
 * A live source whose decoder writes `frameCount` frames and then nothing more: its ingest worker
 * blocks in the read.
 *
 * @param frameCount frames of 32×32 pixels, as many as a pipe holds: about 600
 */
export function stalledSource(name: string, frameCount: number): StalledSource {
  const geometry: FrameGeometry = {
    width: 32,
    height: 32,
    pixelFormat: "yuv420p",
    colorMatrix: "bt601",
    colorRange: "limited",
  };
  let writeFds: readonly number[] | undefined;
  const hangUp = (): void => {
    for (const fd of writeFds ?? []) closeFd(fd);
    writeFds = [];
  };
  return {
    name,
    spec: name,
    live: true,
    info: { geometry, fps: 25, description: `stalled after ${frameCount} frames` },
    async open(): Promise<IngestSegment | null> {
      if (writeFds !== undefined) return null;
      const pixels = createPipe(PIPE_BYTES);
      const times = createPipe(PIPE_BYTES);
      writeFds = [pixels.writeFd, times.writeFd];
      for (let frame = 0; frame < frameCount; frame += 1) {
        writeSync(times.writeFd, `frame:${frame} pts:${frame * FRAME_US} \n`);
        writeSync(pixels.writeFd, new Uint8Array(planeLayout(geometry).sizeBytes));
      }
      return { kind: "pipe", fd: pixels.readFd, timestampFd: times.readFd, startMs: 0, geometry };
    },
    async finish(): Promise<AipError | null> {
      return null;
    },
    notes: () => [],
    async close(): Promise<void> {
      hangUp();
    },
    hangUp,
  };
}
