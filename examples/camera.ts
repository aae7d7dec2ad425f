/**
 * A live camera: what does not fit is dropped and counted, and Ctrl-C ends it in order.
 *
 *     bun examples/camera.ts rtsp://192.0.2.7/stream
 *     bun examples/camera.ts webcam:0
 *
 * Without an argument the demo scene stands in, paced like a camera.
 */
import { Pipeline } from "aip";

const [camera] = process.argv.slice(2);
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

await using pipeline = new Pipeline({
  sources: camera ?? "demo:frames=50",
  drop: "oldest",
  signal: stop.signal,
  ...(camera === undefined && { fps: 25 }),
});
for await (const frame of pipeline) {
  if (frame.status !== "ok") console.log(`frame ${frame.frame}: ${frame.status}`);
  else console.log(`frame ${frame.frame}: ${frame.detections.length} objects`);
}
const { frames } = pipeline.report();
console.log(`${frames.received} received = ${frames.emitted} emitted + ${frames.dropped} dropped`);
