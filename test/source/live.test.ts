import { describe, setDefaultTimeout } from "bun:test";
import { LiveSource } from "../../src/source/live.ts";
import { decodeRequest } from "../../src/source/options.ts";
import { probe } from "../../src/source/probe.ts";
import type { Source } from "../../src/source/source.ts";
import { testSourceContract } from "./contract.ts";
import { hasFfmpeg } from "./media.ts";
import { pipes } from "./pipes.ts";

// Every test starts several processes; a busy machine takes its time.
setDefaultTimeout(60_000);

/** A camera as `webcam:N` makes one, of ffmpeg's test picture at its own pace. */
async function camera(): Promise<Source> {
  const options = { pipes, reconnectDelayMs: 1 };
  const input = ["-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25"];
  // Its frames are asked for one by one: only the decoder is slowed down.
  const stream = await probe(input.slice(1));
  if ("reason" in stream) throw new Error(stream.reason);
  const request = await decodeRequest(input, stream, options);
  return new LiveSource({ name: "camera", spec: "webcam:0", stream, request }, options);
}

describe.skipIf(!hasFfmpeg)("LiveSource", () => {
  testSourceContract("a camera", camera);
});
