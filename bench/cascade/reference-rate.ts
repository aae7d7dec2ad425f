import { Pipeline } from "../../src/pipeline/pipeline.ts";

/** Frames that say how fast the reference model is alone. */
const FRAMES = 200;

/** Frames a second of the reference model alone, decoding included. */
export async function referenceRate(
  source: string,
  model: string,
  devices: string,
): Promise<number> {
  const pipeline = new Pipeline({ sources: source, model, devices, frames: FRAMES });
  const report = await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  return report.throughput_fps;
}
