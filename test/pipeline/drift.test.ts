import { expect, test } from "bun:test";
import { Pipeline } from "../../src/pipeline/pipeline.ts";

test("a device that becomes slower is told in a note and in the report", async () => {
  const pipeline = new Pipeline({
    sources: "demo",
    // 1.5 s of 10 ms a frame, then as long at 100 ms.
    devices: "sim:10ms:slow-at=150x10,sim:100ms",
    slots: 8,
    frames: 205,
    quiet: true,
  });
  const notes: string[] = [];
  pipeline.events.on("note", (text) => notes.push(text));
  const { drift } = await pipeline.run();
  // A busy machine may slow devices too: of those that are told, this one is twice as
  // slow at least.
  const change = drift.find(
    ({ device, from_ms, to_ms }) => device === "sim-0" && to_ms > 2 * from_ms,
  );
  expect(change?.to_ms).toBeGreaterThan(50);
  expect(change?.share_to).toBeLessThan(change?.share_from as number);
  expect(notes.filter((text) => text.startsWith("sim-0 is ")).length).toBe(
    drift.filter(({ device }) => device === "sim-0").length,
  );
}, 60_000);
