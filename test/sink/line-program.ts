// Writes frames as NDJSON to its first argument, and says on stderr how that went. Run by tests.
// Makes the file that FULL names once as many frames are held back as there are slots.
import { writeFileSync } from "node:fs";
import { NdjsonSink } from "../../src/sink/ndjson.ts";
import { FakeRun } from "./fake-run.ts";

const [path = "-", count = "0"] = process.argv.slice(2);
const detections = Array.from({ length: 10 }, () => ({ classId: 0, xyxy: [1, 2, 3, 4] as const }));
const slotCount = 8;
const run = new FakeRun({ slotCount });
const sink = new NdjsonSink({ path });
sink.open(run.context);
let heldMax = 0;
for (let frameId = 0; frameId < Number(count) && run.failures.length === 0; frameId += 1) {
  await run.show({ frameId, detections }, (frame) => sink.write(frame));
  if (run.held.size > heldMax) {
    heldMax = run.held.size;
    if (heldMax === slotCount && process.env["FULL"]) writeFileSync(process.env["FULL"], "");
  }
}
await sink.close(true).catch((error: Error) => run.context.fail(error));
const failures = run.failures.map((error) => ({ ...error, message: error.message }));
process.stderr.write(JSON.stringify({ heldMax, heldAtEnd: run.held.size, failures }));
