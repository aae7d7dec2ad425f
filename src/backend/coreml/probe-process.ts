/**
 * A process that does for another what may hang or crash: compiling a Core ML model, or loading one
 * and asking it for one prediction. Its argument is a request, its last line of output the answer.
 */
import type { ProbeAnswer, ProbeRequest } from "./probe-protocol.ts";

const request = JSON.parse(process.argv[2] ?? "null") as ProbeRequest;
// A thread of its own, so that this one hears of the other process's end.
const worker = new Worker(new URL("./probe-worker.ts", import.meta.url));
worker.onmessage = (event: MessageEvent<ProbeAnswer>) => {
  process.stdout.write(`${JSON.stringify(event.data)}\n`, () => process.exit(0));
};
worker.onerror = (event) => {
  process.stderr.write(`${event.message}\n`);
  process.exit(1);
};
worker.postMessage(request);
// Nobody is left to answer to, however that came. An orderly exit would wait for the thread that
// hangs.
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
