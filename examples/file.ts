/** Detections of a video file (or of the demo scene), frame by frame: bun examples/file.ts clip.mp4 */
import { Pipeline } from "aip";

const [video = "demo:frames=50", model = "demo"] = process.argv.slice(2);
await using pipeline = new Pipeline({ sources: video, model });
for await (const frame of pipeline) {
  const found = frame.detections.map(
    ({ label, confidence }) => `${label} ${confidence.toFixed(2)}`,
  );
  console.log(`${(frame.timeMs / 1000).toFixed(2)} s  ${found.join(", ")}`);
}
console.log(`${pipeline.report().throughput_fps} frames/s`);
