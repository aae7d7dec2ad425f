import { expect, test } from "bun:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Source } from "../../src/source/source.ts";
import { pattern } from "./pattern.ts";

/** A source of several connections, each of which begins its clock anew. */
function reconnecting(connections: number): Source {
  let left = connections;
  const one = (): Source => pattern(3, "camera");
  return {
    ...one(),
    open: () => {
      if (left === 0) return Promise.resolve(null);
      left -= 1;
      return one().open();
    },
  };
}

test("times go on where a connection begins its clock anew", async () => {
  const pipeline = new Pipeline({ sources: [reconnecting(3)], devices: "sim:0ms" });
  const times = [];
  for await (const frame of pipeline) times.push(frame.timeMs);
  // 25 frames a second, three a connection: one frame's time lies between two connections.
  expect(times).toEqual([0, 40, 80, 120, 160, 200, 240, 280, 320]);
});
