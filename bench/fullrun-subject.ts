/**
 * Our side of the full job, in a process of its own: a video through the pipeline, results counted.
 *
 *     bun bench/fullrun-subject.ts VIDEO MODEL FRAMES [DEVICES [INGEST [TRACE]]]
 *
 * The last line is JSON. Time starts when the workers are warm, before the video is opened, and
 * ends when the last frame has left in order.
 */
import type { IngestMode } from "../src/config/run-config.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import type { Sink } from "../src/sink/sink.ts";
import type { FrameView } from "../src/types.ts";

/** Counts what a run emits. */
class CountingSink implements Sink {
  readonly name = "count";
  readonly pixels = "none";
  detections = 0;

  open(): void {
    // Nothing to open.
  }

  write(frame: FrameView): void {
    this.detections += frame.detectionCount;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  outputs(): readonly string[] {
    return [];
  }
}

const [video = "", model = "", frames = "", devices = "cpu", ingest = "auto", trace] =
  process.argv.slice(2);
const count = new CountingSink();
const pipeline = new Pipeline({
  sources: [video],
  model,
  devices,
  ingest: ingest as IngestMode,
  frames: Number(frames),
  confidence: 0.25,
  iou: 0.45,
  sinks: [count],
  ...(trace !== undefined && { trace }),
});
let cpuMsAtStart = 0;
pipeline.events.on("started", () => {
  const { user, system } = process.cpuUsage();
  cpuMsAtStart = (user + system) / 1000;
});
const report = await pipeline.run();
const { throughput_fps: fps, frames: counts, stages_ms: stages } = report;
const busy = report.devices.map((device) => device.busy_ratio);
const { detections } = count;
const ids = report.devices.map(({ id }) => id);
console.log(
  JSON.stringify({
    fps,
    frames: counts.emitted,
    detections,
    cpuMsAtStart,
    busy,
    stages,
    devices: ids,
  }),
);
