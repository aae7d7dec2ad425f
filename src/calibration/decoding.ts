import type { DecodeFigures } from "../schedule/calibration.ts";
import { ingestText } from "../source/scaled.ts";
import { Feeder, type SourceFactory } from "./feeder.ts";

const MEGAPIXEL = 1e6;

/**
 * What decoding a source costs when nothing runs beside it: processor time of a frame, and the rate
 * it reaches. The processor time is that of the decoder's process and of this one's, which reads.
 *
 * @throws {AipError} where the source cannot be opened or decoded
 */
export async function measureDecoding(
  openSource: SourceFactory,
  durationMs: number,
): Promise<DecodeFigures> {
  let described = { name: "", width: 1, height: 1, ingest: "" };
  const feeder = new Feeder(async () => {
    const source = await openSource();
    const { width, height } = source.info.geometry;
    described = { name: source.name, width, height, ingest: ingestText(source.info) };
    return source;
  });
  const before = process.cpuUsage();
  try {
    await feeder.open();
    feeder.start([]);
    await Bun.sleep(durationMs);
    const { frames, elapsedMs } = await feeder.stop();
    await feeder.close();
    const { user, system } = process.cpuUsage(before);
    const cpuMs = (feeder.decoderCpuMs + (user + system) / 1000) / Math.max(1, frames);
    const { name, width, height, ingest } = described;
    return {
      source: name,
      width,
      height,
      ingest,
      cpu_ms: cpuMs,
      cpu_ms_per_megapixel: (cpuMs * MEGAPIXEL) / (width * height),
      throughput_fps: elapsedMs > 0 ? (1000 * frames) / elapsedMs : 0,
    };
  } finally {
    await feeder.close();
  }
}
