import { expect, test } from "bun:test";
import { join } from "node:path";

/** The smallest object takes 16 bytes: with one for every frame there would be more. */
const BYTES_PER_FRAME_MAX = 8;
const FRAMES = 100_000;

test.each([
  ["every frame is inferred", []],
  ["a cascade answers most of them", ["iuusaaap"]],
])(
  "the main thread allocates nothing for a frame where %s, over 100,000 of them; a wake-up's promise serves many",
  async (_, script) => {
    const subject = Bun.spawn(
      [process.execPath, join(import.meta.dir, "allocation-subject.ts"), String(FRAMES), ...script],
      { env: { ...process.env, BUN_JSC_useGC: "0" }, stderr: "inherit" },
    );
    const { frames, bytesPerFrame } = JSON.parse(await subject.stdout.text());
    expect(frames.emitted).toBe(2 * FRAMES);
    expect(bytesPerFrame).toBeGreaterThanOrEqual(0);
    expect(bytesPerFrame).toBeLessThan(BYTES_PER_FRAME_MAX);
  },
);
